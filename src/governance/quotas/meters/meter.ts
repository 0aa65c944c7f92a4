import type { Clock } from '../../../core/index.js';

/** One moment by both clocks: `atMs` only ever grows, `wallMs` is milliseconds since the Unix epoch and may jump. */
export interface Moment {
  readonly atMs: number;
  readonly wallMs: number;
}

/** The moment at which it is made. The wall clock is read when it is first asked for: few limits are about days. */
export class ClockMoment implements Moment {
  readonly atMs: number;
  readonly #clock: Pick<Clock, 'wallNow'>;
  #wallMs: number | undefined;

  constructor(clock: Pick<Clock, 'now' | 'wallNow'>) {
    this.atMs = clock.now();
    this.#clock = clock;
  }

  get wallMs(): number {
    this.#wallMs ??= this.#clock.wallNow();
    return this.#wallMs;
  }
}

/** How a meter stands. */
export interface Standing {
  /** What may still be taken now; never negative. */
  readonly remaining: number;
  /** Milliseconds until nothing that has been taken counts any more; 0 where nothing does, or where that depends on what is running. */
  readonly resetMs: number;
}

/** Counts what is taken against one limit. Amounts are at least 0; moments come in their order by `atMs`, but for those of standings. */
export interface Meter {
  /** Milliseconds until the amount may be taken: 0 = now, Infinity = never. An amount of 0 asks whether anything is left. */
  waitMs(amount: number, moment: Moment): number;
  /** Takes an amount, whether it may be or not. */
  take(amount: number, moment: Moment): void;
  /** Of what was taken at `takenAtMs`, `difference` more was used than it said; less where it is negative. */
  correct(difference: number, takenAtMs: number, moment: Moment): void;
  standing(moment: Moment): Standing;
}
