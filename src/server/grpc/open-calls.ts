import type { Clock, MillraceError, Timer } from '../../core/index.js';

/** What can be asked of a call that is open. */
export interface OpenCall {
  /** Neighbours in the list of open calls; the list's own. */
  previous: OpenCall | undefined;
  next: OpenCall | undefined;
  /** Ends it where it has gone on for longer than it may. */
  check(now: number): void;
  /** Gives up on it; the client learns why. */
  cancel(reason: MillraceError): void;
  /** Ends it if it waits for nothing but its client. */
  drain(): void;
}

/** The open calls of one server: a linked list, as a call enters and leaves it tens of thousands of times a second. */
export class OpenCalls {
  readonly #clock: Clock;
  readonly #checkIntervalMs: number;
  #first: OpenCall | undefined;
  #timer: Timer | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(clock: Clock, checkIntervalMs: number) {
    this.#clock = clock;
    this.#checkIntervalMs = checkIntervalMs;
  }

  add(call: OpenCall): void {
    const first = this.#first;
    call.next = first;
    if (first !== undefined) first.previous = call;
    this.#first = call;
    this.#timer ??= this.#clock.setTimer(this.#checkIntervalMs, () => this.#check());
  }

  remove(call: OpenCall): void {
    const { previous, next } = call;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    call.previous = undefined;
    call.next = undefined;
    if (this.#first === undefined && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Resolves when none is open: at once, or when the last one has ended. */
  idle(): Promise<void> {
    if (this.#first === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  cancelAll(reason: MillraceError): void {
    for (const call of this.#all()) call.cancel(reason);
  }

  drain(): void {
    for (const call of this.#all()) call.drain();
  }

  /** All of them in an array: what is done to a call may take it out of the list. */
  #all(): readonly OpenCall[] {
    const all: OpenCall[] = [];
    for (let call = this.#first; call !== undefined; call = call.next) all.push(call);
    return all;
  }

  #check(): void {
    const now = this.#clock.now();
    for (const call of this.#all()) call.check(now);
    this.#timer =
      this.#first === undefined ? undefined : this.#clock.setTimer(this.#checkIntervalMs, () => this.#check());
  }
}
