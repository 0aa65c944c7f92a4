import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLEARLY_DEARER_PAIRS, decideByPairs, PAIRS } from './compare-pairs.js';

const pairs = (dearer: number, count = PAIRS) =>
  Array.from({ length: count }, (_, index) => ({ aloneMs: 1, togetherMs: index < dearer ? 1.11 : 1.1 }));

it('a decision takes fifteen pairs of runs', () => {
  expect(decideByPairs(pairs(0, PAIRS - 1))).toBeUndefined();
  expect(decideByPairs(pairs(0))?.enabled).toBe(true);
});

it('batching is off once a row is more than a tenth dearer in twelve of fifteen pairs', () => {
  expect(decideByPairs(pairs(CLEARLY_DEARER_PAIRS - 1))?.enabled).toBe(true);
  expect(decideByPairs(pairs(CLEARLY_DEARER_PAIRS))).toEqual({
    enabled: false,
    cause: 'measured_in_runs',
    reason:
      'measured in 15 pairs of runs: a row takes 1.00 ms alone and 1.11 ms in batches, which were dearer in 12 of them',
  });
});

it('a few runs that something else has slowed down do not turn batching off, by whatever they were slowed down', () => {
  const slow = fc.double({ min: 1, max: 1_000, noNaN: true });
  const slowed = fc.array(fc.record({ alone: slow, together: slow }), { maxLength: CLEARLY_DEARER_PAIRS - 1 });
  fc.assert(
    fc.property(slowed, (factors) => {
      const measured = pairs(0).map(({ aloneMs, togetherMs }, index) => ({
        aloneMs: aloneMs * (factors[index]?.alone ?? 1),
        togetherMs: togetherMs * (factors[index]?.together ?? 1),
      }));
      expect(decideByPairs(measured)?.enabled).toBe(true);
    }),
  );
});

it('the time that everything takes does not matter', () => {
  const ms = fc.double({ min: 0.01, max: 100, noNaN: true });
  const measured = fc.array(fc.record({ aloneMs: ms, togetherMs: ms }), { minLength: PAIRS, maxLength: PAIRS });
  fc.assert(
    fc.property(measured, (some) => {
      const twice = some.map(({ aloneMs, togetherMs }) => ({ aloneMs: 2 * aloneMs, togetherMs: 2 * togetherMs }));
      expect(decideByPairs(twice)?.enabled).toBe(decideByPairs(some)?.enabled);
    }),
  );
});
