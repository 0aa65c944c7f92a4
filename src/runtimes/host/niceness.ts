import { writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Where Linux has a niceness for each session, such as that of a runner, which then counts in place of the process's. */
const SESSION = '/proc/self/autogroup';
/** All sessions of a system together may change it once in this time. */
const SESSION_INTERVAL_MS = 100;
const TRIES = 5;

/** Lets other processes go before this one, as far as the system has that. `niceness`: beyond that of the server; 0 = no change. */
export function applyNiceness(niceness: number): void {
  if (niceness === 0) return;
  const wanted = Math.min(getPriority() + niceness, constants.priority.PRIORITY_LOW);
  attempt(() => setPriority(wanted));
  for (let tries = 0; tries < TRIES; tries++) {
    if (attempt(() => writeFileSync(SESSION, String(wanted), { flag: 'r+' })) !== 'EAGAIN') return;
    // It serves nothing yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SESSION_INTERVAL_MS);
  }
}

/** The code of its error; undefined where there is none. What fails changes nothing about the results of a runner. */
function attempt(change: () => void): string | undefined {
  try {
    change();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
