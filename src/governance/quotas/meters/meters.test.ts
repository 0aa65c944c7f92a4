import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DayMeter } from './day-meter.js';
import type { Meter, Moment } from './meter.js';
import { RateMeter } from './rate-meter.js';
import { WindowMeter } from './window-meter.js';

const DAY_MS = 86_400_000;
/** Midnight of a day of UTC. */
const MIDNIGHT = 20_000 * DAY_MS;
const at = (atMs: number, wallMs = MIDNIGHT + atMs): Moment => ({ atMs, wallMs });

/** Takes what it gets, asked every `everyMs` from `fromMs` on; how much that is. */
function flood(meter: Meter, span: { fromMs?: number; toMs: number; everyMs: number; amount?: number }): number {
  const { fromMs = 0, toMs, everyMs, amount = 1 } = span;
  let taken = 0;
  for (let now = fromMs; now < toMs; now += everyMs) {
    if (meter.waitMs(amount, at(now)) > 0) continue;
    meter.take(amount, at(now));
    taken += amount;
  }
  return taken;
}

describe('a rate', () => {
  it('gives the burst at once and then so much a second', () => {
    const meter = new RateMeter(10, 20);
    expect(flood(meter, { toMs: 1, everyMs: 0.01 })).toBe(20);
    expect(meter.waitMs(1, at(1))).toBeCloseTo(99);
    expect(flood(meter, { fromMs: 1, toMs: 100_001, everyMs: 1 })).toBe(1_000);
    expect(meter.standing(at(102_001))).toEqual({ remaining: 20, resetMs: 0 });
  });

  it('keeps a rate below one a second', () => {
    expect(flood(new RateMeter(0.1, 1), { toMs: 1_000_000, everyMs: 100 })).toBe(100);
  });

  it('lets in what is larger than it ever has where nothing is owed, and has it paid off', () => {
    const meter = new RateMeter(100, 100);
    expect(meter.waitMs(1_000, at(0))).toBe(0);
    meter.take(1_000, at(0));
    expect(meter.waitMs(1, at(0))).toBeCloseTo(9_010);
    expect(meter.waitMs(1_000, at(0))).toBeCloseTo(10_000);
    expect(flood(new RateMeter(100, 100), { toMs: 1_000_000, everyMs: 100, amount: 1_000 })).toBe(100_000);
  });

  it('gives back what was not used', () => {
    const meter = new RateMeter(10, 10);
    meter.take(10, at(0));
    meter.correct(-4, 0, at(0));
    expect(meter.standing(at(0)).remaining).toBeCloseTo(4);
    meter.correct(2, 0, at(0));
    expect(meter.standing(at(0)).remaining).toBeCloseTo(2);
  });

  it('of zero gives nothing, ever', () => {
    expect(new RateMeter(0, 0).waitMs(1, at(1e12))).toBe(Number.POSITIVE_INFINITY);
  });
});

const takes = fc.array(fc.record({ afterMs: fc.nat(20_000), amount: fc.integer({ min: 1, max: 400 }) }), {
  minLength: 1,
  maxLength: 200,
});

describe('a window', () => {
  it('never gives more than its limit within any span of its length, and says when there is more', () => {
    fc.assert(
      fc.property(takes, (steps) => {
        const meter = new WindowMeter(1_000, 60_000);
        const given: { readonly atMs: number; readonly amount: number }[] = [];
        let now = 0;
        for (const { afterMs, amount } of steps) {
          now += afterMs;
          const waitMs = meter.waitMs(amount, at(now));
          now += waitMs;
          expect(meter.waitMs(amount, at(now))).toBe(0);
          meter.take(amount, at(now));
          given.push({ atMs: now, amount });
        }
        for (const { atMs } of given) {
          const within = given.filter((other) => other.atMs > atMs - 60_000 && other.atMs <= atMs);
          expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(1_000);
        }
      }),
    );
  });

  it.each([13, 250, 1_000])('gives who asks for %d all the time its limit a minute, within a hundredth', (amount) => {
    const minutes = 60 * 6;
    const taken = flood(new WindowMeter(60_000, 60_000), { toMs: minutes * 60_000, everyMs: amount * 0.5, amount });
    expect(taken / (60_000 * minutes)).toBeGreaterThan(0.99);
    expect(taken / (60_000 * minutes)).toBeLessThan(1.01);
  });

  it('gives what is just free again when it is', () => {
    const meter = new WindowMeter(100, 60_000);
    meter.take(60, at(0));
    meter.take(40, at(10_000));
    expect(meter.waitMs(60, at(20_000))).toBe(60_468.75 - 20_000);
  });

  it('gives back what was not used while that still counts', () => {
    const meter = new WindowMeter(100, 60_000);
    meter.take(100, at(0));
    meter.correct(-60, 0, at(30_000));
    expect(meter.standing(at(30_000))).toEqual({ remaining: 60, resetMs: 60_468.75 - 30_000 });
    meter.correct(-40, 0, at(70_000));
    expect(meter.standing(at(70_000))).toEqual({ remaining: 100, resetMs: 0 });
  });

  it('counts what was used beyond what was taken from the moment at which that is known', () => {
    const meter = new WindowMeter(100, 60_000);
    meter.take(10, at(0));
    meter.correct(40, 0, at(50_000));
    expect(meter.standing(at(61_000)).remaining).toBe(60);
    meter.correct(30, 0, at(70_000));
    expect(meter.standing(at(70_000)).remaining).toBe(30);
  });

  it('asks whether anything is left where nobody knows how much it will be', () => {
    const meter = new WindowMeter(100, 60_000);
    meter.take(99, at(0));
    expect(meter.waitMs(0, at(1))).toBe(0);
    meter.take(1, at(1));
    expect(meter.waitMs(0, at(1))).toBe(60_468.75 - 1);
    meter.correct(500, 0, at(1));
    expect(meter.waitMs(0, at(1))).toBeCloseTo(60_468.75 - 1, 0);
    expect(meter.standing(at(1)).remaining).toBe(0);
  });

  it('never gives what is more than its limit', () => {
    expect(new WindowMeter(100, 60_000).waitMs(101, at(0))).toBe(Number.POSITIVE_INFINITY);
    expect(new WindowMeter(0, 60_000).waitMs(0, at(0))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a day', () => {
  it('begins at midnight UTC', () => {
    const meter = new DayMeter(100);
    const noon = DAY_MS / 2;
    meter.take(100, at(noon));
    expect(meter.waitMs(1, at(noon))).toBe(noon);
    expect(meter.standing(at(DAY_MS - 1))).toEqual({ remaining: 0, resetMs: 1 });
    expect(meter.standing(at(DAY_MS))).toEqual({ remaining: 100, resetMs: 0 });
  });

  it('gives its limit every day, for weeks, over restarts', () => {
    let meter = new DayMeter(1_000);
    let taken = 0;
    for (let hour = 0; hour < 24 * 30; hour++) {
      taken += flood(meter, { fromMs: hour * 3_600_000, toMs: (hour + 1) * 3_600_000, everyMs: 10_000, amount: 3 });
      const { count } = meter;
      if (hour % 7 !== 0 || count === undefined) continue;
      meter = new DayMeter(1_000);
      meter.resume(count, at((hour + 1) * 3_600_000 - 1));
    }
    expect(taken).toBe(999 * 30);
  });

  it('is the same where the clock is put back, and ends after 24 hours where that stays behind', () => {
    const meter = new DayMeter(100);
    meter.take(100, at(0, MIDNIGHT + 1_000));
    for (const wallMs of [MIDNIGHT - 1, MIDNIGHT - 30 * DAY_MS, 0]) {
      expect(meter.waitMs(1, at(5_000, wallMs))).toBe(DAY_MS - 5_000);
    }
    expect(meter.waitMs(1, at(DAY_MS, MIDNIGHT - 30 * DAY_MS))).toBe(0);
  });

  it('does not lock out for years where the clock was ahead by years', () => {
    const meter = new DayMeter(100);
    meter.take(100, at(0, MIDNIGHT + 3_650 * DAY_MS));
    expect(meter.waitMs(1, at(1_000, MIDNIGHT))).toBe(DAY_MS - 1_000);
    const resumed = new DayMeter(100);
    resumed.resume({ day: 23_650, used: 100 }, at(0, MIDNIGHT));
    expect(resumed.waitMs(1, at(0, MIDNIGHT))).toBe(DAY_MS);
    expect(resumed.waitMs(1, at(DAY_MS, MIDNIGHT + DAY_MS))).toBe(0);
  });

  it('gives back to the day of which it was taken only', () => {
    const meter = new DayMeter(100);
    meter.take(80, at(DAY_MS - 10));
    meter.take(50, at(DAY_MS));
    meter.correct(-80, DAY_MS - 10, at(DAY_MS + 1));
    expect(meter.standing(at(DAY_MS + 1)).remaining).toBe(50);
    meter.correct(-20, DAY_MS, at(DAY_MS + 2));
    expect(meter.standing(at(DAY_MS + 2)).remaining).toBe(70);
  });
});
