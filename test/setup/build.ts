import { spawnSync } from 'node:child_process';

/** Runner and CLI processes of the tests run what is in dist: it is brought up to date once before all of them. */
export default function buildOnce(): void {
  // A type error still emits, and `npm run typecheck` reports it; here only the output matters.
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (built.status !== 0) process.stderr.write(`${built.stdout}${built.stderr}`);
}
