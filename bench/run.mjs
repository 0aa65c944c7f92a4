// `npm run bench`: compiles the benchmark into .cache/bench and runs it. Options: `npm run bench -- --help`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const tsc = createRequire(import.meta.url)
  .resolve('@typescript/native/package.json')
  .replace('package.json', 'bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', import.meta.dirname], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const { main } = await import(path.join(root, '.cache/bench/bench/bench.js'));
process.exitCode = await main(process.argv.slice(2));
