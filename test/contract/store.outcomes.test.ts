import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NotedAnswer, OutcomeRecords, Store } from '../../src/store/index.js';
import { openTestStore, storeFolder } from '../support/store.js';

/** Each implementation, empty. */
const IMPLEMENTATIONS: Readonly<Record<string, () => Promise<Store>>> = {
  sqlite: async () => openTestStore({ path: path.join(await storeFolder(), 'store.db') }),
};

const answer = (requestId: string, more: Partial<NotedAnswer> = {}): NotedAnswer => ({
  principal: 'shop',
  ownerId: 'key#1',
  requestId,
  route: 'live',
  arm: 'canary',
  model: 'fraud',
  version: 4,
  share: 0.25,
  key: undefined,
  answeredAtMs: 1_000,
  expiresAtMs: 2_000,
  kind: 'number',
  low: -10,
  high: 10,
  better: 'higher',
  missing: undefined,
  answeredClass: undefined,
  ...more,
});

describe.each(Object.entries(IMPLEMENTATIONS))('outcomes in %s', (_name, open) => {
  let outcomes: OutcomeRecords;
  beforeEach(async () => {
    outcomes = (await open()).outcomes;
  });
  const join = (requestId: string, value: number, atMs = 1_500) =>
    outcomes.join({ principal: 'shop', requestId, value, atMs });

  it('of nothing are none, and make no file', async () => {
    expect(await outcomes.find('shop', 'a')).toBeUndefined();
    expect(await join('a', 1)).toBe('unknown');
    expect(await outcomes.expire(5_000)).toEqual({ missing: [], hasMore: false });
    expect(await outcomes.ofRoute('live')).toEqual([]);
  });

  it('are found by principal and request, and joined once', async () => {
    await outcomes.note([answer('a'), answer('a', { principal: 'other', arm: 'stable', version: 3 })]);
    expect(await outcomes.find('shop', 'a')).toEqual({ ...answer('a'), value: undefined });
    await outcomes.note([answer('k', { key: -2_147_483_648 })]);
    expect(await outcomes.find('shop', 'k')).toEqual({ ...answer('k', { key: -2_147_483_648 }), value: undefined });
    await outcomes.note([answer('n', { ownerId: undefined })]);
    expect(await outcomes.find('shop', 'n')).toMatchObject({ ownerId: undefined });
    expect([await join('a', 2.5), await join('a', 2.5), await join('b', 1)]).toEqual(['joined', 'used', 'unknown']);
    expect(await outcomes.find('shop', 'a')).toMatchObject({ value: 2.5 });
    expect(await outcomes.find('other', 'a')).toMatchObject({ arm: 'stable', value: undefined });
  });

  it('that are told at once are each joined once', async () => {
    await outcomes.note(Array.from({ length: 20 }, (_, index) => answer(String(index))));
    const told = await Promise.all(Array.from({ length: 60 }, (_, index) => join(String(index % 20), 1)));
    expect(told.filter((outcome) => outcome === 'joined')).toHaveLength(20);
    expect((await outcomes.ofRoute('live'))[0]).toMatchObject({ answers: 20, outcomes: 20, mean: 1, squares: 0 });
  });

  it('are summed up by arm and version, also of large numbers', async () => {
    const far = 1e9;
    await outcomes.note(['a', 'b', 'c', 'd'].map((id) => answer(id)));
    await outcomes.note([answer('e', { version: 5, answeredAtMs: 1_200 }), answer('f', { arm: 'a', kind: 'binary' })]);
    for (const [id, value] of [
      ['a', far + 4],
      ['b', far + 7],
      ['c', far + 13],
      ['d', far + 16],
    ] as const)
      await join(id, value, 1_100);
    expect(await outcomes.ofRoute('live')).toMatchObject([
      { arm: 'a', kind: 'binary', answers: 1, outcomes: 0, mean: 0 },
      { arm: 'canary', version: 5, answers: 1, outcomes: 0, changedAtMs: 1_200 },
      { arm: 'canary', version: 4, answers: 4, outcomes: 4, mean: far + 10, squares: 90, changedAtMs: 1_100 },
    ]);
    expect(await outcomes.ofRoute('other')).toEqual([]);
  });

  it('are not taken any more when their time is over, and forgotten a thousand at a time', async () => {
    await outcomes.note(Array.from({ length: 1_500 }, (_, index) => answer(String(index), { missing: -1 })));
    await outcomes.note([answer('later', { expiresAtMs: 9_000 })]);
    expect(await join('0', 5)).toBe('joined');
    expect(await join('1', 5, 2_000)).toBe('unknown');
    const [first, second] = [await outcomes.expire(2_000), await outcomes.expire(2_000)];
    expect([first.hasMore, second.hasMore]).toEqual([true, false]);
    expect(first.missing.length + second.missing.length).toBe(1_499);
    const [sums] = await outcomes.ofRoute('live');
    expect(sums).toMatchObject({ answers: 1_501, outcomes: 1_500, mean: expect.closeTo((5 - 1_499) / 1_500, 9) });
    expect(await outcomes.find('shop', '1')).toBeUndefined();
    expect(await outcomes.find('shop', 'later')).toBeDefined();
  });
});
