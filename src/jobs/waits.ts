import type { Clock } from '../core/index.js';

/** A wait for the next change of a job. */
export interface JobWait {
  /** Resolves with the change, when the time is over, or when the server ends. */
  readonly changed: Promise<void>;
  /** Gives it up. */
  close(): void;
}

/** Callers that wait for changes of jobs. */
export class JobWaits {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server ends: nothing is waited for any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Waits from now on for the next change of the job. */
  open(id: string, waitMs: number): JobWait {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    const { promise, resolve } = withResolve();
    const close = () => {
      timer.clear();
      waiting.delete(close);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
      resolve();
    };
    const timer = this.#clock.setTimer(waitMs, close);
    waiting.add(close);
    return { changed: promise, close };
  }

  changed(id: string): void {
    for (const close of this.#waiting.get(id) ?? []) close();
  }

  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#waiting.keys()]) this.changed(id);
  }
}

function withResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
