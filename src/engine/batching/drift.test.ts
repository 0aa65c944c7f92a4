import { expect, it } from 'vitest';
import { DriftWatch } from './drift.js';

function addRuns(watch: DriftWatch, rows: number, ms: number, runs = 200): boolean {
  let hasChanged = false;
  for (let run = 0; run < runs; run++) hasChanged = watch.add(rows, ms);
  return hasChanged;
}

it('runs that take twice as long as at first are a change, and less is none', () => {
  const watch = new DriftWatch();
  expect(addRuns(watch, 1, 1)).toBe(false);
  expect(addRuns(watch, 1, 1.8)).toBe(false);
  expect(addRuns(watch, 1, 2.5)).toBe(true);
});

it('runs that take half as long as at first are a change', () => {
  const watch = new DriftWatch();
  addRuns(watch, 1, 1);
  expect(addRuns(watch, 1, 0.4)).toBe(true);
});

it('larger batches are compared with larger ones: another load is no change', () => {
  const watch = new DriftWatch();
  expect([addRuns(watch, 1, 1), addRuns(watch, 16, 9), addRuns(watch, 17, 9), addRuns(watch, 1, 1)]).not.toContain(
    true,
  );
});

it('a single slow run is no change', () => {
  const watch = new DriftWatch();
  addRuns(watch, 1, 1);
  expect(watch.add(1, 1_000)).toBe(false);
});

it('after a reset, runs are compared only with later runs', () => {
  const watch = new DriftWatch();
  addRuns(watch, 1, 1);
  watch.reset();
  expect(addRuns(watch, 1, 5)).toBe(false);
});
