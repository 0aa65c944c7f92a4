// `node run-suite.mjs SUITE`: compiles the suites into a folder of .cache/conformance, which no other run changes, and runs one of them.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const [suite = ''] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, '../..');
const tsc = createRequire(import.meta.url)
  .resolve('@typescript/native/package.json')
  .replace('package.json', 'bin/tsc');
const folder = path.join(root, '.cache/conformance/compiled', suite);
const args = [tsc, '-p', import.meta.dirname, '--outDir', folder];
const compiled = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const { run } = await import(path.join(folder, 'test/conformance', suite, 'suite.js'));
try {
  process.exitCode = await run();
} catch (error) {
  // The stack alone: what a command that failed has printed is in its message.
  console.error(error.stack);
  process.exitCode = 1;
}
