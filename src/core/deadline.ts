import type { Call } from './call.js';
import type { Clock, Timer } from './clock.js';
import { MillraceError } from './errors.js';

const SWEEP_INTERVAL_MS = 1_000;

/**
 * Cancels calls with `deadline_exceeded` when their deadline passes. Nearly every call ends long before, so a distant
 * deadline costs a set entry only; a sweep once a second gives the near ones a timer of their own.
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #distant = new Set<Call>();
  readonly #near = new Map<Call, Timer>();
  #sweep: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watch(call: Call): void {
    if (call.deadlineAt === Number.POSITIVE_INFINITY) return;
    if (call.deadlineAt - this.#clock.now() > 2 * SWEEP_INTERVAL_MS) {
      this.#distant.add(call);
      this.#sweep ??= this.#clock.setTimer(SWEEP_INTERVAL_MS, () => this.#onSweep());
    } else {
      this.#setTimer(call);
    }
  }

  unwatch(call: Call): void {
    if (this.#distant.delete(call)) return;
    const timer = this.#near.get(call);
    if (timer === undefined) return;
    timer.clear();
    this.#near.delete(call);
  }

  #onSweep(): void {
    const horizon = this.#clock.now() + 2 * SWEEP_INTERVAL_MS;
    for (const call of this.#distant) {
      if (call.deadlineAt > horizon) continue;
      this.#distant.delete(call);
      this.#setTimer(call);
    }
    this.#sweep = this.#distant.size === 0 ? undefined : this.#clock.setTimer(SWEEP_INTERVAL_MS, () => this.#onSweep());
  }

  #setTimer(call: Call): void {
    const delayMs = Math.max(0, call.deadlineAt - this.#clock.now());
    const expire = () => {
      this.#near.delete(call);
      const allowedMs = Math.round(call.deadlineAt - call.timing.receivedAt);
      call.cancel(new MillraceError('deadline_exceeded', `the request took longer than its ${allowedMs} ms`));
    };
    this.#near.set(call, this.#clock.setTimer(delayMs, expire));
  }
}
