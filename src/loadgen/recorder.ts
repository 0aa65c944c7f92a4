import { LatencyHistogram } from './latency.js';

/** A request from the moment it is due; `window` is undefined outside of measured time. */
export interface Ticket {
  readonly dueAt: number;
  readonly window: Window | undefined;
}

/** How one request ended. */
export interface Settlement {
  readonly ok: boolean;
  /** Status, or a few words on what went wrong. */
  readonly outcome: number | string;
  readonly at: number;
  readonly receivedBytes: number;
  /** Its latency means something: it was answered well, or waited for until the time-out. */
  readonly timed: boolean;
}

/** One stretch of measured time. Throughput belongs to the window in which an answer arrives, latency to the one in which it was due. */
export class Window {
  readonly startedAt: number;
  readonly latency = new LatencyHistogram();
  readonly sendDelay = new LatencyHistogram();
  readonly outcomes = new Map<number | string, number>();
  readonly #maxArrivals: number;
  readonly #onFull: () => void;
  #endedAt: number | undefined;
  #settledAt: number;
  #arrived = 0;
  #pending = 0;
  #whenSettled: (() => void) | undefined;
  completed = 0;
  failed = 0;
  receivedBytes = 0;

  constructor(startedAt: number, maxArrivals: number, onFull: () => void) {
    this.startedAt = startedAt;
    this.#settledAt = startedAt;
    this.#maxArrivals = maxArrivals;
    this.#onFull = onFull;
  }

  get durationMs(): number {
    return (this.#endedAt ?? this.#settledAt) - this.startedAt;
  }

  /** Ends the window at `at`, or with its last answer when it is bounded by a count. */
  close(at: number | undefined): void {
    this.#endedAt = at;
    this.#notify();
  }

  /** Resolves when the last request that was due in this window is settled. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenSettled = resolve;
      this.#notify();
    });
  }

  arrive(): void {
    this.#pending++;
    this.#arrived++;
    if (this.#arrived === this.#maxArrivals) this.#onFull();
  }

  /** Bounded by a count: then only its own requests are its throughput. */
  get counted(): boolean {
    return Number.isFinite(this.#maxArrivals);
  }

  /** True when it takes no more arrivals. */
  get full(): boolean {
    return this.#arrived >= this.#maxArrivals;
  }

  settle(dueAt: number, settlement: Settlement): void {
    this.#pending--;
    this.#settledAt = settlement.at;
    this.outcomes.set(settlement.outcome, (this.outcomes.get(settlement.outcome) ?? 0) + 1);
    if (settlement.timed) this.latency.record(settlement.at - dueAt);
    if (!settlement.ok) this.failed++;
    this.#notify();
  }

  #notify(): void {
    if (this.#pending > 0) return;
    this.#whenSettled?.();
  }
}

/** Knows which window is open and books every request into the right one. */
export class Recorder {
  #current: Window | undefined;

  /** Ends the open window, if any, and starts the next. */
  open(options: { readonly at: number; readonly maxArrivals?: number; readonly onFull?: () => void }): Window {
    this.#current?.close(options.at);
    this.#current = new Window(
      options.at,
      options.maxArrivals ?? Number.POSITIVE_INFINITY,
      options.onFull ?? (() => {}),
    );
    return this.#current;
  }

  /** Measured time is over. */
  end(at: number): void {
    this.#current?.close(at);
    this.#current = undefined;
  }

  arrive(dueAt: number): Ticket {
    const window = this.#current?.full === true ? undefined : this.#current;
    window?.arrive();
    return { dueAt, window };
  }

  send(ticket: Ticket, at: number): void {
    ticket.window?.sendDelay.record(at - ticket.dueAt);
  }

  settle(ticket: Ticket, settlement: Settlement): void {
    const current = this.#current;
    if (current !== undefined && (!current.counted || ticket.window === current)) {
      if (settlement.ok) current.completed++;
      current.receivedBytes += settlement.receivedBytes;
    }
    ticket.window?.settle(ticket.dueAt, settlement);
  }
}
