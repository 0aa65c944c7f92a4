import type { Clock } from '../../../core/index.js';
import type { Moment } from './meter.js';

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
