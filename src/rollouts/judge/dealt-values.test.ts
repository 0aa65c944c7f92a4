import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logDealRatio } from './dealt-values.js';
import { logLikelihoodRatio } from './two-by-two.js';

/** Every way to give this many of the places to canary. */
function deals(size: number, canary: number): readonly (readonly boolean[])[] {
  if (size === 0) return canary === 0 ? [[]] : [];
  const first = (isCanary: boolean) =>
    deals(size - 1, canary - Number(isCanary)).map((rest) => [isCanary, ...rest] as const);
  return [...first(true), ...first(false)];
}

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });
const odds = fc.double({ min: 1.1, max: Math.exp(15), noNaN: true });

it('is 1 on average where the arms are dealt by chance', () => {
  const property = fc.property(values, fc.nat(), odds, (given, canary, bet) => {
    const all = deals(given.length, canary % (given.length + 1));
    const ratios = all.map((isCanary) => Math.exp(logDealRatio({ values: given, isCanary }, bet)));
    expect(ratios.reduce((sum, each) => sum + each, 0) / all.length).toBeCloseTo(1, 6);
  });
  fc.assert(property);
});

it('is the likelihood ratio of a two by two table for values of 0 and 1', () => {
  const property = fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1 }), odds, (each, bet) => {
    const table = {
      size: each.length,
      canary: each.filter(([isCanary]) => isCanary).length,
      flagged: each.filter(([, isFlagged]) => isFlagged).length,
      canaryFlagged: each.filter(([isCanary, isFlagged]) => isCanary && isFlagged).length,
    };
    const dealt = {
      values: each.map(([, isFlagged]) => Number(isFlagged)),
      isCanary: each.map(([isCanary]) => isCanary),
    };
    expect(logDealRatio(dealt, bet)).toBeCloseTo(logLikelihoodRatio(table, bet, 1), 6);
  });
  fc.assert(property);
});

it('says nothing where values are further apart than numbers can be', () => {
  const isCanary = Array.from({ length: 64 }, (_, index) => index > 0);
  const dealt = { values: isCanary.map((_, index) => (index === 63 ? 1 : 0)), isCanary };
  expect(logDealRatio(dealt, Math.exp(15))).toBe(0);
});
