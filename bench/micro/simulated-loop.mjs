/** Longer steps of the clock are somebody else's turn on the processor, or a collection of garbage. */
const JUMP_MS = 0.4;

/**
 * An event loop whose time is that of what really runs on it, and of what `spend` adds for what does not: sockets, pipes, other processes. Where it
 * would sleep, time goes on at once; what else the machine does is not seen. `clock` is for the code that is measured.
 */
export class SimulatedLoop {
  /** Time in which it did something. */
  busyMs = 0;
  #nowMs = 1_000;
  #read = performance.now();
  #arrivals = [];
  #timers = [];
  #deferred = [];
  #drainMs = 0;

  constructor() {
    this.clock = {
      now: () => this.now(),
      wallNow: () => 1.7e12 + this.now(),
      setTimer: (delayMs, callback) => {
        const timer = { at: Math.ceil(this.now() + delayMs), callback };
        this.#timers.push(timer);
        return {
          clear: () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
          },
        };
      },
      sleep: (delayMs) => new Promise((resolve) => this.clock.setTimer(delayMs, resolve)),
      defer: (callback) => void this.#deferred.push(callback),
    };
  }

  now() {
    const read = performance.now();
    const stepMs = read - this.#read;
    this.#read = read;
    if (stepMs < JUMP_MS) this.#nowMs += stepMs;
    return this.#nowMs;
  }

  spend(ms) {
    this.now();
    this.#nowMs += ms;
  }

  /** Something comes from outside at that time. */
  at(time, callback) {
    const index = this.#arrivals.findLastIndex((other) => other.at <= time);
    this.#arrivals.splice(index + 1, 0, { at: time, callback });
  }

  /** Turns until `isDone`, each as libuv's: timers, what has come, what was deferred. */
  async run(isDone) {
    await this.#calibrate();
    while (!isDone()) {
      const startedAt = this.now();
      const timers = this.#timers.filter(({ at }) => at <= startedAt).sort((a, b) => a.at - b.at);
      this.#timers = this.#timers.filter((timer) => !timers.includes(timer));
      for (const { callback } of timers) await this.#call(callback);
      const polledAt = this.now();
      const come = this.#arrivals.filter(({ at }) => at <= polledAt);
      this.#arrivals.splice(0, come.length);
      for (const { callback } of come) await this.#call(callback);
      for (const callback of this.#deferred.splice(0)) await this.#call(callback);
      this.busyMs += this.now() - startedAt;
      if (this.#deferred.length > 0) continue;
      const next = Math.min(this.#arrivals[0]?.at ?? Infinity, ...this.#timers.map(({ at }) => at));
      if (next !== Infinity) this.#nowMs = Math.max(this.now(), next);
    }
  }

  /** With the promises that it settles, and without what it takes to wait for those. */
  async #call(callback) {
    callback();
    const from = this.now();
    await settled();
    const tookMs = this.now() - from;
    this.#nowMs -= Math.min(tookMs, this.#drainMs);
  }

  async #calibrate() {
    const took = [];
    for (let time = 0; time < 5_000; time++) {
      const from = performance.now();
      await settled();
      took.push(performance.now() - from);
    }
    this.#drainMs = took.sort((a, b) => a - b)[took.length >> 1];
    this.now();
  }
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
