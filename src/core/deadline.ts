import type { Call } from './call.js';
import type { Clock, Timer } from './clock.js';
import { MillraceError } from './errors.js';
import { Slots } from './slots.js';

const SWEEP_INTERVAL_MS = 1_000;

/** What a deadline ends: a call, or what answers for one. */
export type Expiring = Pick<Call, 'deadlineAt' | 'timing' | 'cancel'>;

/** What {@link DeadlineWatch.watch} gives for a call that needs no watching. */
const UNWATCHED = -1;

/**
 * Cancels calls with `deadline_exceeded` when their deadline passes. Nearly every call ends long before, so a distant
 * deadline costs a slot in an array only; a sweep once a second gives the near ones a timer of their own.
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #slots = new Slots<Expiring>();
  readonly #near = new Map<number, Timer>();
  #sweep: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches over a call; the token ends that. A call whose deadline has passed is cancelled at once. */
  watch(call: Expiring): number {
    if (call.deadlineAt === Number.POSITIVE_INFINITY) return UNWATCHED;
    const leftMs = call.deadlineAt - this.#clock.now();
    if (leftMs <= 0) {
      expire(call);
      return UNWATCHED;
    }
    const slot = this.#slots.add(call);
    if (leftMs <= 2 * SWEEP_INTERVAL_MS) this.#setTimer(slot, call);
    else this.#sweep ??= this.#clock.setTimer(SWEEP_INTERVAL_MS, () => this.#onSweep());
    return slot;
  }

  /** The call has ended. Must be called exactly once for each token. */
  unwatch(token: number): void {
    if (token === UNWATCHED) return;
    this.#slots.remove(token);
    if (this.#near.size === 0) return;
    this.#near.get(token)?.clear();
    this.#near.delete(token);
  }

  #onSweep(): void {
    const horizon = this.#clock.now() + 2 * SWEEP_INTERVAL_MS;
    let distant = 0;
    for (const [slot, call] of this.#slots.entries()) {
      if (this.#near.has(slot)) continue;
      if (call.deadlineAt <= horizon) this.#setTimer(slot, call);
      else distant++;
    }
    this.#sweep = distant === 0 ? undefined : this.#clock.setTimer(SWEEP_INTERVAL_MS, () => this.#onSweep());
  }

  #setTimer(slot: number, call: Expiring): void {
    const delayMs = Math.max(0, call.deadlineAt - this.#clock.now());
    this.#near.set(
      slot,
      this.#clock.setTimer(delayMs, () => expire(call)),
    );
  }
}

function expire(call: Expiring): void {
  call.cancel(deadlineExceeded(call));
}

/** What a call ends with whose deadline has passed. */
export function deadlineExceeded({ deadlineAt, timing }: Expiring): MillraceError {
  const allowedMs = Math.round(deadlineAt - timing.receivedAt);
  return new MillraceError('deadline_exceeded', `the request took longer than its ${allowedMs} ms`);
}
