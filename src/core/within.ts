import type { Clock } from './clock.js';

/** Waits for `done`, which must not reject, but no longer than `timeoutMs`. */
export async function within(clock: Clock, timeoutMs: number, done: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(timeoutMs, resolve);
    void done.then(() => {
      timer.clear();
      resolve();
    });
  });
}
