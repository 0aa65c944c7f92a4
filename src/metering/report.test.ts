import { describe, expect, it } from 'vitest';
import { createTiming } from '../core/index.js';
import { computeUsOf } from './measure.js';
import type { UsageDimension } from './query.js';
import { groupingOf, UsageTotals } from './report.js';
import { noUsage } from './usage-book.js';

const EUR = JSON.stringify({ currency: 'EUR', perRequest: 0.1 });
const USD = JSON.stringify({ currency: 'USD', perRequest: 0.2 });
const sum = (more: object) => ({ ...noUsage(), answered: 1, price: '', ...more });
function rowsOf(by: readonly UsageDimension[], ...sums: readonly object[]) {
  const totals = new UsageTotals(by);
  for (const one of sums) totals.add(sum(one));
  return totals.rows();
}

describe('a report of usage', () => {
  it('adds up what is alike, and costs exactly by their currency', () => {
    const rows = rowsOf(
      ['principal'],
      { principal: 'b', answered: 3, price: EUR },
      { principal: 'a', refused: 2 },
      { principal: 'b', price: USD },
      { principal: 'b', failed: 1 },
    );
    expect(rows).toMatchObject([
      { principal: 'a', answered: 1, refused: 2, costs: {} },
      { principal: 'b', answered: 5, failed: 1, costs: { EUR: '0.3', USD: '0.2' } },
    ]);
  });

  it('counts what a principal uses for each of its groups', () => {
    const rows = rowsOf(['group'], { groups: '["x","y"]' }, { groups: '["y"]' }, { groups: '[]' });
    expect(rows.map(({ group, answered }) => [group, answered])).toEqual([
      ['', 1],
      ['x', 1],
      ['y', 2],
    ]);
  });

  it('is in order of time, then of what is told apart', () => {
    const rows = rowsOf(
      ['model', 'version'],
      { atMs: 7_200_000, model: 'a', version: 10 },
      { atMs: 3_600_000, model: 'b', version: 1 },
      { atMs: 7_200_000, model: 'a', version: 9 },
    );
    expect(rows.map(({ atMs, model, version }) => [atMs, model, version])).toEqual([
      [3_600_000, 'b', 1],
      [7_200_000, 'a', 9],
      [7_200_000, 'a', 10],
    ]);
  });

  it('asks the store for what it needs', () => {
    expect(groupingOf({ by: ['group', 'model'], granularity: 'day' })).toEqual(['time', 'groups', 'model']);
    expect(groupingOf({ by: [], granularity: undefined })).toEqual([]);
  });
});

describe('the computation of a request', () => {
  const timing = (more: object) => ({
    ...createTiming(0),
    computeInputMs: 1,
    computeInferMs: 8,
    computeOutputMs: 1,
    ...more,
  });

  it.each<[object, number, number]>([
    [{ batchRows: 1 }, 1, 10_000],
    [{ batchRows: 8 }, 2, 2_500],
    [{ batchRows: 3 }, 1, 3_333],
    [{ batchRows: 0 }, 1, 10_000],
    [{ batchRows: 1, calledMs: 7.5 }, 1, 2_500],
    [{ batchRows: 4, calledMs: 8 }, 1, 500],
    [{ batchRows: 1, calledMs: 25 }, 1, 0],
    [{ batchRows: 1, cache: 'hit' }, 1, 0],
    [{ computeInputMs: 0, computeInferMs: Number.NaN }, 1, 0],
  ])('of %j with %d rows is %d µs', (more, rows, us) => {
    expect(computeUsOf(timing(more), rows)).toBe(us);
  });
});
