// `node run-suite.mjs SUITE`: compiles the suites into .cache/conformance and runs one of them.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const [suite = ''] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, '../..');
const tsc = createRequire(import.meta.url)
  .resolve('@typescript/native/package.json')
  .replace('package.json', 'bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', import.meta.dirname], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const { run } = await import(path.join(root, '.cache/conformance/compiled/test/conformance', suite, 'suite.js'));
try {
  process.exitCode = await run();
} catch (error) {
  // The stack alone: what a command that failed has printed is in its message.
  console.error(error.stack);
  process.exitCode = 1;
}
