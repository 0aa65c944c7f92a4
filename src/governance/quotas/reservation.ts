import type { QuotaSource, QuotaStanding } from '../../core/index.js';
import type { Amounts, Used } from './amounts.js';
import type { Moment } from './meters/meter.js';
import type { QuotaExceeded } from './refusal.js';
import type { Tally } from './tally.js';

/** What a request may take is taken for it. To be settled once, when it has ended. */
export interface Reservation extends QuotaSource {
  readonly kind: 'reserved';
  /** Counts what was used in place of what was reserved, and ends what runs. May be repeated; only the first time counts. */
  settle(used: Used): void;
}

/** A request that may not run: nothing was taken for it. */
export interface Refusal extends QuotaSource {
  readonly kind: 'refused';
  readonly error: QuotaExceeded;
}

interface ReservationParts {
  readonly amounts: Amounts;
  /** When it was made. */
  readonly moment: Moment;
  readonly now: () => Moment;
}

/** A reservation on counters of this process. */
export class LocalReservation implements Reservation {
  readonly kind = 'reserved';
  readonly #tally: Tally;
  readonly #reserved: Amounts;
  readonly #begunAtMs: number;
  readonly #now: () => Moment;
  #settledAt: Moment | undefined;

  constructor(tally: Tally, { amounts, moment, now }: ReservationParts) {
    this.#tally = tally;
    this.#reserved = amounts;
    this.#begunAtMs = moment.atMs;
    this.#now = now;
    tally.take(amounts, moment);
  }

  settle(used: Used): void {
    if (this.#settledAt !== undefined) return;
    this.#settledAt = this.#now();
    this.#tally.correct({ taken: this.#reserved, takenAtMs: this.#begunAtMs, used }, this.#settledAt);
  }

  standings(): readonly QuotaStanding[] {
    // Most are asked for just after the end.
    return this.#tally.standings(this.#settledAt ?? this.#now());
  }
}
