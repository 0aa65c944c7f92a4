import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Dialect } from '../../src/index.js';
import { createToyDialect } from '../fixtures/toy-dialect/dialect.js';
import { createDialectContext } from '../support/dialects.js';

const page = await readFile('docs/dialects.md', 'utf8');

it('the program of docs/dialects.md runs as it stands there', async () => {
  const [, program = ''] = /^```js dialect\n(.*?)^```/ms.exec(page) ?? [];
  await mkdir('.cache', { recursive: true });
  // Inside this package, so that it imports `millrace` as those who have installed it do.
  const folder = await mkdtemp(path.resolve('.cache/docs-dialects-'));
  try {
    await cp('examples/models/mlp', path.join(folder, 'models/mlp'), { recursive: true });
    await writeFile(path.join(folder, 'program.mjs'), program.replaceAll('3000', '0'));
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    const [first = '', ...rest] = stdout.trimEnd().split(/\n(?=\d)/);
    expect(first).toMatch(/^200 \[(\s+-?[\d.e-]+,?){10}\s*\]$/);
    expect(rest).toEqual(['404 { problem: "Request for unknown model: \'nlp\' is not found" }']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('docs/dialects.md names every member of a dialect', () => {
  const table = page.slice(page.indexOf('| member |'), page.indexOf('A route with'));
  const named = [...table.matchAll(/^\| ([^|]+) \|/gm)].slice(1).flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
  const all: Required<Dialect> = {
    ports: {},
    apart: false,
    ownPortRoutes: [],
    requestIdHeader: '',
    signatures: { isSigned: () => false, signerOf: async () => '' },
    ...createToyDialect(createDialectContext()),
  } as Required<Dialect>;
  expect(named.sort()).toEqual(Object.keys(all).sort());
});
