import type { Meter, Moment, Standing } from './meter.js';

/** Into so many parts a window is cut: what was taken counts for a window and up to one part of it longer. */
const PARTS = 128;

/** What was taken in one part of time. */
interface Part {
  readonly index: number;
  amount: number;
}

/**
 * So much within any span of time of a length, however it is placed. What was taken counts until all of its part of time is a window
 * old, at most 1/128 of it too long. Only parts in which something was taken are kept.
 */
export class WindowMeter implements Meter {
  readonly #limit: number;
  readonly #partMs: number;
  readonly #parts: Part[] = [];
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#partMs = windowMs / PARTS;
  }

  waitMs(amount: number, { atMs }: Moment): number {
    this.#forget(atMs);
    if (this.#limit === 0 || amount > this.#limit) return Number.POSITIVE_INFINITY;
    // Of what is not known before, anything may be left.
    let excess = this.#used + amount - this.#limit;
    if (amount === 0 ? excess < 0 : excess <= 0) return 0;
    for (const part of this.#parts) {
      excess -= part.amount;
      if (amount === 0 ? excess < 0 : excess <= 0) return this.#goneAtMs(part) - atMs;
    }
    return 0;
  }

  take(amount: number, { atMs }: Moment): void {
    if (amount === 0) return;
    this.#forget(atMs);
    const index = this.#indexOf(atMs);
    const last = this.#parts.at(-1);
    if (last?.index === index) last.amount += amount;
    else this.#parts.push({ index, amount });
    this.#used += amount;
  }

  correct(difference: number, takenAtMs: number, moment: Moment): void {
    if (difference >= 0) {
      this.take(difference, moment);
      return;
    }
    this.#forget(moment.atMs);
    const index = this.#indexOf(takenAtMs);
    // What does not count any more cannot be given back.
    const part = this.#parts.findLast((candidate) => candidate.index === index);
    if (part === undefined) return;
    const given = Math.min(part.amount, -difference);
    part.amount -= given;
    this.#used -= given;
    if (part.amount <= 0) this.#remove(part);
  }

  standing({ atMs }: Moment): Standing {
    this.#forget(atMs);
    const last = this.#parts.at(-1);
    return {
      remaining: Math.max(0, this.#limit - this.#used),
      resetMs: last === undefined ? 0 : this.#goneAtMs(last) - atMs,
    };
  }

  #forget(atMs: number): void {
    let gone = 0;
    for (const part of this.#parts) {
      if (this.#goneAtMs(part) > atMs) break;
      this.#used -= part.amount;
      gone++;
    }
    if (gone > 0) this.#parts.splice(0, gone);
    // Sums of fractions are not exact.
    if (this.#parts.length === 0) this.#used = 0;
  }

  #remove(part: Part): void {
    this.#parts.splice(this.#parts.indexOf(part), 1);
    if (this.#parts.length === 0) this.#used = 0;
  }

  #indexOf(atMs: number): number {
    return Math.floor(atMs / this.#partMs);
  }

  #goneAtMs({ index }: Part): number {
    return (index + PARTS + 1) * this.#partMs;
  }
}
