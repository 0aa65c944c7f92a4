import { spawnSync } from 'node:child_process';

/** Set once it is done: each project of Vitest has this set-up, in a copy of this module, and all run in one process. */
const DONE = 'MILLRACE_TEST_BUILT';

/** Runner and CLI processes of the tests run what is in dist: it is brought up to date once before all of them. */
export default function buildOnce(): void {
  if (process.env[DONE] !== undefined) return;
  // A type error still emits, and `npm run typecheck` reports it (the compiler prints to standard output).
  const { stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(`the build failed:\n${stderr}`);
  process.env[DONE] = 'yes';
}
