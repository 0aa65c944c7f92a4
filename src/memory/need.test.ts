import { expect, it } from 'vitest';
import { combineNeeds, estimateNeed, RUNNER_BYTES } from './need.js';

it('a model that was never loaded counts as 2.5 times its files and a runner, for each instance', () => {
  const bytes = 2 * (RUNNER_BYTES + 2_500);
  expect(estimateNeed(1_000, 2)).toEqual({ restBytes: bytes, peakBytes: bytes, isMeasured: false });
  expect(estimateNeed(1_000, 0)).toEqual(estimateNeed(1_000, 1));
});

it('instances load one after the other, so that only the highest peak counts', () => {
  const instances = [
    { restBytes: 100, peakBytes: 150 },
    { restBytes: 100, peakBytes: 180 },
  ];
  expect(combineNeeds(instances, undefined)).toEqual({ restBytes: 200, peakBytes: 280 });
});

it('the preparer loads beside the instances, so that its peak is added', () => {
  const need = combineNeeds([{ restBytes: 100, peakBytes: 150 }], { restBytes: 40, peakBytes: 45 });
  expect(need).toEqual({ restBytes: 140, peakBytes: 195 });
});

it('a model in the server itself has no need of its own', () => {
  expect(combineNeeds([], undefined)).toBeUndefined();
});
