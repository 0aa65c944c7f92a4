import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS } from './slo.js';
import { SloCounts } from './slo-counts.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY = 20_000;
const MIDNIGHT_MS = DAY * DAY_MS;

it('counts by the minute for a day, and by the hour for its window', () => {
  const counts = new SloCounts(7 * DAY_MS);
  const nowMs = MIDNIGHT_MS + 12 * HOUR_MS;
  counts.add(nowMs - 7 * DAY_MS, true);
  counts.add(nowMs - DAY_MS - HOUR_MS, false);
  counts.add(nowMs - 10 * MINUTE_MS, true);
  counts.add(nowMs, false);
  expect(counts.last(5 * MINUTE_MS, nowMs)).toEqual({ requests: 1, bad: 0 });
  expect(counts.last(10 * MINUTE_MS, nowMs)).toEqual({ requests: 2, bad: 1 });
  expect(counts.last(DAY_MS, nowMs)).toEqual({ requests: 2, bad: 1 });
  expect(counts.last(2 * DAY_MS, nowMs)).toEqual({ requests: 3, bad: 1 });
  expect(counts.last(7 * DAY_MS, nowMs)).toEqual({ requests: 4, bad: 2 });
  expect(counts.last(7 * DAY_MS, nowMs + HOUR_MS)).toEqual({ requests: 3, bad: 1 });
  expect(counts.total).toEqual({ requests: 4, bad: 2 });
});

it('adds a stored day to the hours, and not to the total since the start', () => {
  const counts = new SloCounts(7 * DAY_MS);
  counts.add(MIDNIGHT_MS, true);
  counts.add(MIDNIGHT_MS + 23 * HOUR_MS, false);
  const stored = JSON.parse(JSON.stringify(counts.dayOf(DAY)));
  const again = new SloCounts(7 * DAY_MS);
  again.add(MIDNIGHT_MS + 23 * HOUR_MS, true);
  again.addDay(DAY, stored);
  expect(again.last(2 * DAY_MS, MIDNIGHT_MS + 23 * HOUR_MS)).toEqual({ requests: 3, bad: 2 });
  expect(again.total).toEqual({ requests: 1, bad: 1 });
});

it.each([
  ['nothing', undefined],
  ['another day', { day: DAY - 7, hours: [[1, 1]] }],
  ['more bad requests than requests', { day: DAY, hours: [[1, 2]] }],
  ['too many hours', { day: DAY, hours: Array.from({ length: 25 }, () => [1, 1]) }],
  ['an hour of one number', { day: DAY, hours: [[1]] }],
  ['a negative number', { day: DAY, hours: [[1, -1]] }],
])('takes no stored day that is %s', (_, stored) => {
  const counts = new SloCounts(7 * DAY_MS);
  counts.addDay(DAY, stored);
  expect(counts.last(7 * DAY_MS, MIDNIGHT_MS)).toEqual({ requests: 0, bad: 0 });
});

it('counts as a list of all requests would, to the hour', () => {
  const request = fc.record({ agoHours: fc.nat(400), isBad: fc.boolean() });
  const nowMs = MIDNIGHT_MS + 12 * HOUR_MS;
  fc.assert(
    fc.property(fc.array(request, { maxLength: 50 }), fc.integer({ min: 25, max: 7 * 24 }), (requests, hours) => {
      const counts = new SloCounts(7 * DAY_MS);
      // The wall clock goes forwards.
      for (const { agoHours, isBad } of requests.toSorted((a, b) => b.agoHours - a.agoHours))
        counts.add(nowMs - agoHours * HOUR_MS, isBad);
      const within = requests.filter(({ agoHours }) => agoHours <= hours);
      const bad = within.filter(({ isBad }) => isBad).length;
      expect(counts.last(hours * HOUR_MS, nowMs)).toEqual({ requests: within.length, bad });
    }),
  );
});
