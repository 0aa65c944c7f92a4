import { spawnSync } from 'node:child_process';

/** Runner and CLI processes of the tests run what is in dist: it is brought up to date once before all of them. */
export default function buildOnce(): void {
  // A type error still emits, and `npm run typecheck` reports it (the compiler prints to standard output).
  const { stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(`the build failed:\n${stderr}`);
}
