import { describe, expect, it } from 'vitest';
import { toDecimal, toInteger } from './decimal.js';
import { COST_DIGITS, checkPrices, costOf, PriceList } from './prices.js';
import { noUsage } from './usage-book.js';

const shown = (price: string, counts: Partial<ReturnType<typeof noUsage>>) => {
  const cost = costOf(price, { ...noUsage(), ...counts });
  return cost && `${toDecimal(cost.amount, COST_DIGITS)} ${cost.currency}`;
};
const priced = (more: object) => new PriceList([{ models: ['*'], ...more }], 'EUR').priceOf('any');

describe('decimals', () => {
  it.each([
    [0, 0n],
    [1, 1_000_000_000_000n],
    [0.1, 100_000_000_000n],
    [0.075, 75_000_000_000n],
    [1e-12, 1n],
    [2.5e-7, 250_000n],
    [1e9, 10n ** 21n],
    [1e-13, undefined],
    [0.1234567890123, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
  ])('%s is an integer of 10^-12', (value, integer) => {
    expect(toInteger(value, 12)).toBe(integer);
  });

  it.each([
    [0n, '0'],
    [1n, '0.000000000000000000001'],
    [12_500_000_000_000_000_000n, '0.0125'],
    [3n * 10n ** 21n, '3'],
    [10n ** 30n, '1000000000'],
  ])('%s is shown with the digits that it has', (value, text) => {
    expect(toDecimal(value, 21)).toBe(text);
  });
});

describe('a price', () => {
  it('is that of the first entry that has the name', () => {
    const list = new PriceList(
      [
        { models: ['fraud-test', 'x*y*z'], perRequest: 1 },
        { models: ['fraud*', 'a.b'], perRequest: 2 },
      ],
      'EUR',
    );
    const found = ['fraud-test', 'fraud-live', 'xAyBz', 'xyz', 'axyz', 'a.b', 'acb', 'fraud'].map((name) =>
      shown(list.priceOf(name), { answered: 1 }),
    );
    expect(found).toEqual(['1 EUR', '2 EUR', '1 EUR', '1 EUR', undefined, '2 EUR', undefined, '2 EUR']);
  });

  it('is of each thing that is counted', () => {
    expect(shown(priced({ perRequest: 0.25 }), { answered: 3, refused: 5, failed: 5, cancelled: 5 })).toBe('0.75 EUR');
    expect(shown(priced({ perRow: 0.001 }), { rows: 7 })).toBe('0.007 EUR');
    expect(shown(priced({ perMillionPromptTokens: 0.075 }), { promptTokens: 1 })).toBe('0.000000075 EUR');
    expect(shown(priced({ perMillionCompletionTokens: 0.3 }), { completionTokens: 3_000_000 })).toBe('0.9 EUR');
    expect(shown(priced({ perComputeSecond: 0.0005 }), { computeUs: 1_500_000 })).toBe('0.00075 EUR');
    expect(shown(priced({ perGigabyte: 0.01 }), { requestBytes: 10 ** 9, responseBytes: 1 })).toBe('0.01000000001 EUR');
  });

  it('of tokens from the cache is their own, or that of the others', () => {
    const counts = { promptTokens: 1_000_000, cachedTokens: 600_000 };
    expect(shown(priced({ perMillionPromptTokens: 1, perMillionCachedTokens: 0.1 }), counts)).toBe('0.46 EUR');
    expect(shown(priced({ perMillionPromptTokens: 1 }), counts)).toBe('1 EUR');
    expect(shown(priced({ perMillionPromptTokens: 1, perMillionCachedTokens: 0 }), counts)).toBe('0.4 EUR');
  });

  it('is exact however much is added up', () => {
    const price = priced({ perMillionPromptTokens: 0.1, perRequest: 0.3 });
    expect(shown(price, { promptTokens: 9_007_199_254_740_991, answered: 9_007_199_254_740_991 })).toBe(
      '2702160677142222.7740991 EUR',
    );
  });

  it('is the same text for the same prices', () => {
    expect(priced({ perRow: 1, perRequest: 2 })).toBe(priced({ perRequest: 2, perRow: 1 }));
    expect(priced({ perRequest: 2 })).not.toBe(priced({ perRequest: 3 }));
    expect(new PriceList([{ models: ['*'], perRequest: 2 }], 'USD').priceOf('any')).not.toBe(priced({ perRequest: 2 }));
  });

  it('with more digits than are counted is refused', () => {
    const prices = [
      { models: ['*'], perRequest: 0.1 },
      { models: ['a'], perRow: 1.5e-13 },
    ];
    expect(checkPrices(prices)).toEqual([
      'metering.prices[1].perRow: expected at most 12 digits behind the point, got 1.5e-13',
    ]);
  });
});
