import { expect, it } from 'vitest';
import { alertsOf, statusOf } from './burn-rates.js';
import { DAY_MS, type Slo } from './slo.js';
import { SloCounts } from './slo-counts.js';

const HOUR_MS = 3_600_000;
const NOW_MS = 20_000 * DAY_MS;
const SLO: Slo = {
  name: 'fraud',
  scope: { kind: 'model', name: 'fraud' },
  indicator: 'availability',
  thresholdMs: undefined,
  objective: 0.99,
  windowMs: 30 * DAY_MS,
};

function countsOf(...hours: readonly { readonly ago: number; readonly good: number; readonly bad: number }[]) {
  const counts = new SloCounts(SLO.windowMs);
  for (const { ago, good, bad } of hours) {
    for (let request = 0; request < good + bad; request++) counts.add(NOW_MS - ago * HOUR_MS, request < bad);
  }
  return counts;
}

it('has the whole budget where there were no requests', () => {
  const { burnRates, ...status } = statusOf(SLO, countsOf(), NOW_MS);
  expect(status).toEqual({ requests: 0, bad: 0, goodRatio: undefined, budgetRemaining: 1 });
  expect(burnRates.map(({ long, short, isBurning }) => [long, short, isBurning])).toEqual(
    Array(4).fill([undefined, undefined, false]),
  );
});

it('spends the budget with bad requests, and more than it where the objective is missed', () => {
  expect(statusOf(SLO, countsOf({ ago: 200, good: 995, bad: 5 }), NOW_MS)).toMatchObject({
    requests: 1_000,
    bad: 5,
    goodRatio: 0.995,
    budgetRemaining: expect.closeTo(0.5),
  });
  const { budgetRemaining } = statusOf(SLO, countsOf({ ago: 200, good: 80, bad: 20 }), NOW_MS);
  expect(budgetRemaining).toBeCloseTo(-19);
});

it('burns while both windows do', () => {
  const burning = (counts: SloCounts) =>
    statusOf(SLO, counts, NOW_MS)
      .burnRates.filter(({ isBurning }) => isBurning)
      .map(({ severity, factor }) => `${severity} ${factor}`);
  expect(burning(countsOf({ ago: 0, good: 80, bad: 20 }))).toEqual(['page 14.4', 'page 6', 'ticket 3', 'ticket 1']);
  expect(burning(countsOf({ ago: 0, good: 96, bad: 4 }))).toEqual(['ticket 3', 'ticket 1']);
  // It has ended: the short windows have none of it.
  expect(burning(countsOf({ ago: 7, good: 0, bad: 100 }, { ago: 0, good: 1, bad: 0 }))).toEqual([]);
});

it('has windows in proportion to that of the objective, and no alert that cannot fire', () => {
  const described = (objective: number, days: number) =>
    alertsOf({ objective, windowMs: days * DAY_MS }).map(
      ({ factor, longMs, shortMs }) => `${factor}: ${longMs / HOUR_MS} h, ${shortMs / HOUR_MS} h`,
    );
  expect(described(0.99, 60)).toEqual([
    '14.4: 2 h, 0.16666666666666666 h',
    '6: 12 h, 1 h',
    '3: 48 h, 4 h',
    '1: 144 h, 12 h',
  ]);
  expect(described(0.9, 30)).toEqual(['6: 6 h, 0.5 h', '3: 24 h, 2 h', '1: 72 h, 6 h']);
  expect(described(0.5, 30)).toEqual(['1: 72 h, 6 h']);
});
