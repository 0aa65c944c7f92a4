import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { inCache } from './paths.js';

const POLL_MS = 500;
/** Installations take minutes; a lock that is older is left of a process that was killed. */
const STALE_MS = 1_800_000;

/** A lock until it is disposed of. Two suites run at a time, and may install the same things: the second one waits. */
export function holdLock(name: string): Disposable {
  mkdirSync(inCache(), { recursive: true });
  const lock = inCache(`${name}.lock`);
  while (!take(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  return { [Symbol.dispose]: () => rmdirSync(lock) };
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const made = statSync(lock, { throwIfNoEntry: false });
    if (made !== undefined && Date.now() - made.mtimeMs > STALE_MS) rmdirSync(lock);
    return false;
  }
}
