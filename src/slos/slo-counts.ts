import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { DAY_MS } from './slo.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const HOURS_OF_DAY = 24;

const Amount = Type.Integer({ minimum: 0 });
const StoredDaySchema = Type.Object({
  day: Amount,
  /** Of each hour, requests and bad ones. */
  hours: Type.Array(Type.Tuple([Amount, Amount]), { maxItems: HOURS_OF_DAY }),
});
type StoredDay = Static<typeof StoredDaySchema>;

export interface Count {
  readonly requests: number;
  readonly bad: number;
}

/**
 * The requests of one objective: by the minute for a day, by the hour for its window. A request counts at its end, by the wall clock. Of
 * fixed size.
 */
export class SloCounts {
  readonly #minutes = new Buckets(MINUTE_MS, DAY_MS / MINUTE_MS);
  readonly #hours: Buckets;
  #requests = 0;
  #bad = 0;

  constructor(windowMs: number) {
    // The first and the last day of a window are parts.
    this.#hours = new Buckets(HOUR_MS, windowMs / HOUR_MS + HOURS_OF_DAY);
  }

  /** Since it was made. */
  get total(): Count {
    return { requests: this.#requests, bad: this.#bad };
  }

  add(atMs: number, isBad: boolean): void {
    const bad = isBad ? 1 : 0;
    this.#requests++;
    this.#bad += bad;
    this.#minutes.add(atMs, { requests: 1, bad });
    this.#hours.add(atMs, { requests: 1, bad });
  }

  /** Of the last `durationMs`: to the minute up to a day, of which the minutes before a restart are missing; else to the hour. */
  last(durationMs: number, nowMs: number): Count {
    const buckets = durationMs <= DAY_MS ? this.#minutes : this.#hours;
    return buckets.last(durationMs, nowMs);
  }

  /** A day, to be stored. `day`: days since the Unix epoch. */
  dayOf(day: number): StoredDay {
    const firstMs = day * DAY_MS;
    const hours = Array.from({ length: HOURS_OF_DAY }, (_, hour) => this.#hours.at(firstMs + hour * HOUR_MS));
    return { day, hours: hours.map(({ requests, bad }) => [requests, bad]) };
  }

  /** Adds a day as {@link dayOf} has given it; nothing if it is another day, or not as it was. */
  addDay(day: number, stored: unknown): void {
    if (!Value.Check(StoredDaySchema, stored) || stored.day !== day) return;
    for (const [hour, [requests, bad]] of stored.hours.entries()) {
      if (bad <= requests && requests > 0) this.#hours.add(day * DAY_MS + hour * HOUR_MS, { requests, bad });
    }
  }
}

/** Counts by time, the newest `size` buckets of them. */
class Buckets {
  readonly #bucketMs: number;
  /** Which bucket, counted from the Unix epoch, is in a place. */
  readonly #numbers: Float64Array;
  readonly #requests: Float64Array;
  readonly #bad: Float64Array;

  constructor(bucketMs: number, size: number) {
    this.#bucketMs = bucketMs;
    this.#numbers = new Float64Array(size).fill(-1);
    this.#requests = new Float64Array(size);
    this.#bad = new Float64Array(size);
  }

  add(atMs: number, { requests, bad }: Count): void {
    const number = Math.floor(atMs / this.#bucketMs);
    const place = number % this.#numbers.length;
    if (this.#numbers[place] !== number) {
      this.#numbers[place] = number;
      this.#requests[place] = 0;
      this.#bad[place] = 0;
    }
    this.#requests[place] = (this.#requests[place] ?? 0) + requests;
    this.#bad[place] = (this.#bad[place] ?? 0) + bad;
  }

  at(atMs: number): Count {
    const number = Math.floor(atMs / this.#bucketMs);
    const place = number % this.#numbers.length;
    if (this.#numbers[place] !== number) return { requests: 0, bad: 0 };
    return { requests: this.#requests[place] ?? 0, bad: this.#bad[place] ?? 0 };
  }

  last(durationMs: number, nowMs: number): Count {
    let requests = 0;
    let bad = 0;
    const newest = Math.floor(nowMs / this.#bucketMs);
    const oldest = Math.floor((nowMs - durationMs) / this.#bucketMs);
    for (const [place, number] of this.#numbers.entries()) {
      if (number < oldest || number > newest) continue;
      requests += this.#requests[place] ?? 0;
      bad += this.#bad[place] ?? 0;
    }
    return { requests, bad };
  }
}
