import { expect, it } from 'vitest';
import {
  BELADY,
  countLoads,
  createModelTrace,
  createOwnPolicy,
  LFU_BY_TRUE_RATES,
  LRU,
  type Policy,
} from '../../test/support/model-traces.js';

/** Mean loads of 600 calls for 20 models, over 100 seeds. */
function meanLoads(places: number, createPolicy: () => Policy): number {
  const loads = Array.from({ length: 100 }, (_, index) =>
    countLoads(createModelTrace(index + 1), places, createPolicy()),
  );
  return loads.reduce((sum, count) => sum + count, 0) / loads.length;
}

it.each([4, 5, 6, 8])(
  'with %i places of 20 it loads at most 1.2 times as often as LFU that knows the true rates, and 0.9 times as often as LRU',
  (places) => {
    const own = meanLoads(places, createOwnPolicy);
    const lfu = meanLoads(places, () => LFU_BY_TRUE_RATES);
    const lru = meanLoads(places, () => LRU);
    expect(own / lfu).toBeLessThanOrEqual(1.2);
    expect(own / lru).toBeLessThanOrEqual(0.9);
    expect(meanLoads(places, () => BELADY)).toBeLessThan(lfu);
  },
);

it('the table of decision 71 has the figures of these traces', () => {
  const rows = [4, 5, 6, 8].map((places) => {
    const policies = [() => BELADY, () => LFU_BY_TRUE_RATES, createOwnPolicy, () => LRU];
    return [places, ...policies.map((create) => Math.round(meanLoads(places, create)))];
  });
  expect(rows).toEqual([
    [4, 237, 276, 307, 357],
    [5, 197, 238, 267, 314],
    [6, 166, 208, 234, 276],
    [8, 120, 161, 185, 214],
  ]);
});
