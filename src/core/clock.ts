/** A pending timer; `clear` is idempotent. */
export interface Timer {
  clear(): void;
}

/** Time as the rooms see it: tests put a fake in its place. */
export interface Clock {
  /** Monotonic time in milliseconds with a fraction; only differences mean anything. */
  now(): number;
  /** Unix milliseconds at which {@link now} was 0. It stays the same when the time of day is set. */
  readonly epochMs: number;
  /** Milliseconds since the Unix epoch. */
  wallNow(): number;
  /** Calls `callback` once, at least `delayMs` from now. Does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Resolves at least `delayMs` from now, or as soon as `signal` is aborted. Keeps the process alive until then. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once everything that is ready now has been handled (`setImmediate`). */
  defer(callback: () => void): void;
}

/** The real clock. Delays over 2^31-1 ms are capped there, as timers of Node cannot be longer. */
export const systemClock: Clock = {
  now: () => performance.now(),
  // A getter, so that bundlers leave the clock out of the client for browsers.
  get epochMs() {
    return performance.timeOrigin;
  },
  wallNow: () => Date.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(delayMs, 2_147_483_647));
    handle.unref();
    return { clear: () => clearTimeout(handle) };
  },
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      const wake = () => {
        clearTimeout(handle);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const handle = setTimeout(wake, delayMs);
      if (signal?.aborted) wake();
      else signal?.addEventListener('abort', wake);
    }),
  defer(callback) {
    setImmediate(callback);
  },
};

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
