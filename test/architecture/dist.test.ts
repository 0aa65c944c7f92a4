import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.mjs';

/** Built for this test alone, so that a build that runs at the same time changes nothing under it; in the repository, where packages are found. */
const DIST = mkdtempSync(path.resolve('.dist-test-'));
const ROOMS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join('src', entry.name, 'index.ts')))
  .map((entry) => entry.name);

let files: readonly string[];
beforeAll(async () => {
  await bundle(DIST);
  files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
});
afterAll(() => rmSync(DIST, { recursive: true }));

describe('the compiled package', () => {
  it('has one file for each room, and each import in it leads somewhere', () => {
    expect(files).toEqual(expect.arrayContaining(ROOMS.map((room) => path.join(room, 'index.js'))));
    const broken = files.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      const targets = [...code.matchAll(/^(?:import|export) .*?"(\.[^"]+)";$|\bimport\("(\.[^"]+)"\)/gm)];
      return targets
        .map(([, now, later]) => path.join(path.dirname(file), now ?? later ?? ''))
        .filter((target) => !existsSync(path.join(DIST, target)));
    });
    expect(broken).toEqual([]);
  });

  it('has one copy of the errors by which library, scripts and client know what happened', async () => {
    const script = `
      const [{ MillraceError }, { ModelError }, core] = await Promise.all(
        ['index.js', 'model/index.js', 'core/index.js'].map((file) => import('${DIST}/' + file)),
      );
      const thrown = new ModelError('not_found', 'gone');
      console.log(MillraceError === core.MillraceError, thrown instanceof MillraceError);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('true true\n');
  });

  it('knows where its own files are, wherever their code has moved', () => {
    const named = files.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      return [...code.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, from = '']) =>
        path.join(path.dirname(file), from).replace(/\.js$/, '.ts'),
      );
    });
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((file) => !existsSync(path.join('src', file)))).toEqual([]);
  });
});
