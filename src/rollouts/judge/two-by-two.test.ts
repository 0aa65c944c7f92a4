import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logLikelihoodRatio, type TwoByTwo } from './two-by-two.js';

/** Every way to deal `canary` of the requests to canary, of which the first `flagged` have the trait: how many of those canary gets. */
function deals(size: number, canary: number, flagged: number): readonly number[] {
  if (canary === 0) return [0];
  if (size < canary) return [];
  const withFirst = deals(size - 1, canary - 1, Math.max(flagged - 1, 0)).map((v) => v + Math.min(flagged, 1));
  return [...withFirst, ...deals(size - 1, canary, Math.max(flagged - 1, 0))];
}

const table = fc
  .record({ size: fc.integer({ min: 1, max: 9 }), canary: fc.nat(), flagged: fc.nat() })
  .map(({ size, canary, flagged }) => ({ size, canary: canary % (size + 1), flagged: flagged % (size + 1) }));
const odds = fc.double({ min: 0.05, max: 20, noNaN: true });

it('is how much likelier a deal is, by counting all deals', () => {
  const mean = (powers: readonly number[]) => powers.reduce((sum, each) => sum + each, 0) / powers.length;
  const property = fc.property(table, odds, odds, (margins, one, other) => {
    const all = deals(margins.size, margins.canary, margins.flagged);
    for (const canaryFlagged of new Set(all)) {
      const likelihood = (each: number) => each ** canaryFlagged / mean(all.map((v) => each ** v));
      const expected = Math.log(likelihood(one) / likelihood(other));
      expect(logLikelihoodRatio({ ...margins, canaryFlagged }, one, other)).toBeCloseTo(expected, 9);
    }
  });
  fc.assert(property);
});

it('is 1 on average where the arms are dealt by chance, and less where more than nothing is tolerated', () => {
  const property = fc.property(table, odds, odds, (margins, one, other) => {
    const all = deals(margins.size, margins.canary, margins.flagged);
    const average = (than: number, by: number) =>
      all.reduce((sum, v) => sum + Math.exp(logLikelihoodRatio({ ...margins, canaryFlagged: v }, by, than)), 0) /
      all.length;
    expect(average(1, one)).toBeCloseTo(1, 9);
    const [less, more] = [Math.max(one, 1), Math.max(one, 1) * Math.max(other, 1)];
    expect(average(less, more)).toBeLessThan(1 + 1e-9);
  });
  fc.assert(property);
});

it('does not overflow over thousands of requests', () => {
  const large: TwoByTwo = { size: 4096, canary: 2048, flagged: 2048, canaryFlagged: 2000 };
  expect(logLikelihoodRatio(large, 20, 1)).toBeGreaterThan(1_000);
  expect(logLikelihoodRatio(large, 1, 20)).toBeLessThan(-1_000);
});
