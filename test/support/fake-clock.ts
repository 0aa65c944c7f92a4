import type { Clock, Timer } from '../../src/core/index.js';

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until told otherwise. Timers and deferred callbacks run inside `advance` and `flush`. */
export class FakeClock implements Clock {
  /** By how much the time of day has been set, which timers and `now` do not feel. */
  wallOffsetMs = 0;
  readonly epochMs = 1_750_000_000_000;
  #now = 1_000;
  #order = 0;
  #timers: PendingTimer[] = [];
  #deferred: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.epochMs + this.#now + this.wallOffsetMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, order: this.#order++, callback };
    this.#timers.push(timer);
    return {
      clear: () => {
        this.#timers = this.#timers.filter((candidate) => candidate !== timer);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        timer.clear();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = this.setTimer(delayMs, wake);
      if (signal?.aborted) wake();
      else signal?.addEventListener('abort', wake);
    });
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Callbacks that wait for the next turn. */
  get hasDeferred(): boolean {
    return this.#deferred.length > 0;
  }

  /** Runs deferred callbacks and lets promises settle, until nothing is left to do at this moment. */
  async flush(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const callback of deferred) callback();
      for (let tick = 0; tick < 100; tick++) await Promise.resolve();
      if (this.#deferred.length === 0 && deferred.length === 0) return;
    }
  }

  /** Moves time forward, running every timer that falls due, in order. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.flush();
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.at <= target)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await this.flush();
    }
    this.#now = target;
    await this.flush();
  }
}
