import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { randomBits, Sampler, thresholdOf } from './sampler.js';

const TWO_TO_32 = 2 ** 32;

describe('a sampler', () => {
  it('takes all traces at a rate of 1, and none at 0', () => {
    const bits = fc.nat({ max: TWO_TO_32 - 1 });
    const of = (rate: number) => new Sampler({ rate, maxPerSecond: 1_000_000 }, new FakeClock());
    const [all, none] = [of(1), of(0)];
    fc.assert(
      fc.property(bits, (random) => {
        expect([all.samples(random), none.samples(random)]).toEqual([true, false]);
      }),
    );
  });

  it('takes the share of all random numbers that the rate says', () => {
    expect(thresholdOf(0.25)).toBe(0.75 * TWO_TO_32);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (rate) => {
        expect(Math.abs((TWO_TO_32 - thresholdOf(rate)) / TWO_TO_32 - rate)).toBeLessThanOrEqual(1 / TWO_TO_32);
      }),
    );
  });

  it('takes no more of them in a second than it may', async () => {
    const clock = new FakeClock();
    const sampler = new Sampler({ rate: 1, maxPerSecond: 3 }, clock);
    const taken = () => Array.from({ length: 10 }, () => sampler.samples(0)).filter(Boolean).length;
    expect([taken(), taken()]).toEqual([3, 0]);
    await clock.advance(1_000);
    expect(taken()).toBe(3);
    await clock.advance(60_000);
    expect(taken()).toBe(3);
    await clock.advance(400);
    expect(taken()).toBe(1);
  });

  it('takes one now and then where it may take less than one a second', async () => {
    const clock = new FakeClock();
    const sampler = new Sampler({ rate: 1, maxPerSecond: 0.1 }, clock);
    expect([sampler.samples(0), sampler.samples(0)]).toEqual([true, false]);
    await clock.advance(9_000);
    expect(sampler.samples(0)).toBe(false);
    await clock.advance(1_000);
    expect(sampler.samples(0)).toBe(true);
    expect(new Sampler({ rate: 1, maxPerSecond: 0 }, clock).samples(0)).toBe(false);
  });

  it('draws integers of 32 bits', () => {
    for (let draw = 0; draw < 1_000; draw++) {
      const random = randomBits();
      expect(Number.isInteger(random) && random >= 0 && random < TWO_TO_32).toBe(true);
    }
  });
});
