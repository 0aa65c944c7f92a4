import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createTempFolder } from '../support/model-folder.js';

const VITEST = path.resolve('node_modules/vitest/vitest.mjs');
const REPORT = path.resolve('test/setup/report.ts');

/** Runs test files, which find `it` and `expect` as globals, with the report; what it printed, and its log. */
async function runTests(files: Readonly<Record<string, string>>) {
  await using folder = await createTempFolder(files);
  await writeFile(path.join(folder.path, 'package.json'), '{}');
  const oneProcess = ['--pool=threads', '--no-isolate', '--no-file-parallelism'];
  const argv = [VITEST, 'run', '--root', folder.path, '--globals', ...oneProcess, `--reporter=${REPORT}`];
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const { exit, out } = await new Promise<{ exit: unknown; out: string }>((resolve) => {
    execFile(process.execPath, argv, { cwd: folder.path, env }, (error, stdout) =>
      resolve({ exit: error?.code ?? 0, out: stdout }),
    );
  });
  return { exit, out, log: await readFile(path.join(folder.path, 'coverage/tests.log'), 'utf8') };
}

it('a run in which all is well prints nothing but now and then how far it is', async () => {
  const files = Array.from({ length: 26 }, (_, index) => [
    `${index}.test.js`,
    "it('adds', () => console.log('loud'));\n",
  ]);
  const { exit, out, log } = await runTests(Object.fromEntries(files));
  expect(exit).toBe(0);
  expect(out).toMatch(/^ {7}25 of 26 files, 25 tests passed \(\d+ s\)\n$/);
  expect(log.match(/^passed \d+\.test\.js > adds \(\d+ ms\)$/gm)).toHaveLength(26);
  expect(log.match(/^loud$/gm)).toHaveLength(26);
});

it('a run that fails prints what failed, by name, message, difference and place, and where the rest is', async () => {
  const { exit, out, log } = await runTests({
    'mixed.test.js': [
      "describe('sums', () => {",
      "  it('are right', () => expect(2).toBe(2));",
      "  it('are wrong', () => expect({ sum: 1 }).toEqual({ sum: 2 }));",
      "  it.skip('are left out', () => undefined);",
      '});',
    ].join('\n'),
    'long.test.js': "it('goes on', () => { throw new Error('line\\n'.repeat(99)); });",
    'broken.test.js': "import './missing.js';",
    'hook.test.js': "beforeAll(() => { throw new Error('no server'); });\nit('needs it', () => undefined);",
  });
  expect(exit).toBe(1);
  expect(out).toContain(
    [
      'FAILED mixed.test.js > sums > are wrong',
      '  expected { sum: 1 } to deeply equal { sum: 2 }',
      '  - Expected',
      '  + Received',
      '',
    ].join('\n'),
  );
  expect(out).toMatch(/^ {2}at mixed\.test\.js:3:\d+$/m);
  expect(out).toContain('FAILED mixed.test.js > sums > are left out\n  was skipped\n');
  expect(out).toContain(`FAILED long.test.js > goes on\n${'  line\n'.repeat(39)}  … `);
  expect(out).toMatch(/^FAILED broken\.test\.js\n {2}.*missing\.js/m);
  expect(out).toContain('FAILED hook.test.js\n  no server\n');
  expect(out).not.toContain('are right');
  expect(out).toMatch(/\nall of it: coverage\/tests\.log\n$/);
  expect(log).toContain('passed mixed.test.js > sums > are right');
  expect(log).toContain('  line\n'.repeat(99));
});
