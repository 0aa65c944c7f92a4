import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Store,
  USAGE_COUNTS,
  type UsageIncrement,
  type UsageQuery,
  type UsageRecords,
} from '../../src/store/index.js';
import { openTestStore, storeFolder } from '../support/store.js';

/** Each implementation, empty. */
const IMPLEMENTATIONS: Readonly<Record<string, () => Promise<Store>>> = {
  sqlite: async () => openTestStore({ path: path.join(await storeFolder(), 'store.db') }),
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 1);
const NOTHING = Object.fromEntries(USAGE_COUNTS.map((name) => [name, 0])) as Record<
  (typeof USAGE_COUNTS)[number],
  number
>;

const used = (more: Partial<UsageIncrement> = {}): UsageIncrement => ({
  hourMs: T0,
  principal: 'shop',
  groups: '[]',
  model: 'fraud',
  version: 3,
  route: '',
  arm: '',
  price: '',
  ...NOTHING,
  answered: 1,
  ...more,
});

describe.each(Object.entries(IMPLEMENTATIONS))('usage in %s', (_name, open) => {
  let usage: UsageRecords;
  beforeEach(async () => {
    usage = (await open()).usage;
  });
  const add = (number: number, increments: readonly UsageIncrement[], writer = 'a') =>
    usage.add({ writer, number, increments });
  const sums = (more: Partial<UsageQuery> = {}) =>
    usage.sums({ period: 'hour', fromMs: 0, toMs: T0 + 100 * DAY, by: [], principal: undefined, limit: 100, ...more });
  const answered = async (more: Partial<UsageQuery> = {}) => (await sums(more)).map((sum) => sum.answered);

  it('of nothing is nothing, and makes no file', async () => {
    expect(await sums()).toEqual([]);
    expect(await usage.prune({ hoursBeforeMs: T0, daysBeforeMs: T0 })).toEqual({ hasMore: false });
  });

  it('adds up, in hours and in days', async () => {
    const counts = Object.fromEntries(USAGE_COUNTS.map((name, index) => [name, index + 1]));
    await add(1, [used(counts), used({ ...counts, hourMs: T0 + HOUR })]);
    await add(2, [used(counts), used({ hourMs: T0 + DAY })]);
    expect(await answered({ by: ['time'] })).toEqual([2, 1, 1]);
    const [first, second] = await sums({ period: 'day', by: ['time'] });
    const thrice = Object.fromEntries(USAGE_COUNTS.map((name, index) => [name, 3 * (index + 1)]));
    expect(first).toEqual({ ...thrice, atMs: T0, price: '' });
    expect(second).toEqual({ ...NOTHING, answered: 1, atMs: T0 + DAY, price: '' });
  });

  it('adds a batch once, whoever has written before', async () => {
    await add(1, [used()]);
    await add(1, [used()]);
    await add(2, [used()]);
    await add(1, [used({ answered: 50 })]);
    expect(await answered()).toEqual([2]);
    await add(1, [used()], 'b');
    await add(1, [used()], 'b');
    expect(await answered()).toEqual([3]);
  });

  it('adds the same twice where a batch has it twice', async () => {
    await add(1, [used(), used(), used({ hourMs: T0 + HOUR })]);
    expect(await answered({ by: ['time'] })).toEqual([2, 1]);
    expect(await answered({ period: 'day' })).toEqual([3]);
  });

  it('is told apart by what is asked for, and always by price', async () => {
    await add(1, [
      used(),
      used({ principal: 'other', version: 4 }),
      used({ route: 'live', arm: 'canary', groups: '["x"]' }),
      used({ price: 'dear' }),
    ]);
    expect(await sums({ by: ['principal'] })).toMatchObject([
      { principal: 'other', answered: 1, price: '' },
      { principal: 'shop', answered: 2, price: '' },
      { principal: 'shop', answered: 1, price: 'dear' },
    ]);
    expect(await sums({ by: ['version'] })).toMatchObject([
      { version: 3, answered: 2 },
      { version: 3, price: 'dear' },
      { version: 4, answered: 1 },
    ]);
    expect(await sums({ by: ['route', 'arm', 'groups'] })).toMatchObject([
      { groups: '["x"]', route: 'live', arm: 'canary', answered: 1 },
      { groups: '[]', route: '', arm: '', answered: 2 },
      { groups: '[]', price: 'dear' },
    ]);
  });

  it('is of one principal, of a time, and of so many rows, where that is asked for', async () => {
    await add(1, [used(), used({ principal: 'other', hourMs: T0 + HOUR }), used({ hourMs: T0 + 2 * HOUR })]);
    expect(await answered({ principal: 'shop' })).toEqual([2]);
    expect(await answered({ fromMs: T0 + HOUR, toMs: T0 + 2 * HOUR, by: ['principal'] })).toEqual([1]);
    expect(await answered({ by: ['time'], limit: 2 })).toHaveLength(2);
  });

  it('takes names of any kind', async () => {
    const odd = `a"b'c\n ü ; drop table usage_hours`;
    await add(1, [used({ principal: odd, groups: JSON.stringify([odd]) })]);
    expect(await sums({ by: ['principal', 'groups'], principal: odd })).toMatchObject([
      { principal: odd, groups: JSON.stringify([odd]), answered: 1 },
    ]);
  });

  it('keeps large numbers exact', async () => {
    const most = 4_503_599_627_370_495;
    await add(1, [used({ requestBytes: most })]);
    await add(2, [used({ requestBytes: most })]);
    expect((await sums())[0]?.requestBytes).toBe(2 * most);
  });

  it('forgets what is old in bounded steps, days by their own time', async () => {
    const principals = Array.from({ length: 2_500 }, (_, index) => used({ principal: `p${index}` }));
    await add(1, [...principals, used({ principal: 'late', hourMs: T0 + 3 * DAY })]);
    const horizons = { hoursBeforeMs: T0 + 2 * DAY, daysBeforeMs: T0 };
    expect(await usage.prune(horizons)).toEqual({ hasMore: true });
    expect(await usage.prune(horizons)).toEqual({ hasMore: false });
    expect(await answered()).toEqual([1]);
    expect(await answered({ period: 'day' })).toEqual([2_501]);
    const later = { hoursBeforeMs: T0, daysBeforeMs: T0 + 2 * DAY };
    expect([await usage.prune(later), await usage.prune(later)]).toEqual([{ hasMore: true }, { hasMore: false }]);
    expect(await sums({ period: 'day', by: ['principal'] })).toMatchObject([{ principal: 'late', answered: 1 }]);
    await add(2, [used({ principal: 'p1', hourMs: T0 + 3 * DAY })]);
    expect(await answered({ by: ['principal'] })).toEqual([1, 1]);
  });
});
