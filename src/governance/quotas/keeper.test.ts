import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Amounts, Used } from './amounts.js';
import { LocalQuotaKeeper } from './keeper.js';
import type { QuotaConfig } from './options.js';
import type { Reservation } from './reservation.js';

const ONE: Amounts = { requests: 1, running: 1, rows: 1, tokens: undefined, bytes: 4, computeMs: 0 };
const NOTHING: Used = { requests: 0, rows: 0, tokens: 0, bytes: 0, computeMs: 0 };
const ALICE = { id: 'key:alice', groups: ['team', 'all'] };
const BOB = { id: 'key:bob', groups: ['team'] };

function open(...quotas: readonly QuotaConfig[]) {
  const clock = { at: 1_000, now: () => clock.at, wallNow: () => 1_750_000_000_000 + clock.at };
  const keeper = new LocalQuotaKeeper(quotas, clock);
  const ask = (caller = ALICE, model = 'm', amounts: Partial<Amounts> = {}) => {
    const answer = keeper.reserve(caller, model, { ...ONE, ...amounts });
    return answer?.kind === 'refused' ? answer.error.message : answer;
  };
  return { keeper, clock, ask };
}

describe('whose requests count', () => {
  it('those of each principal that matches by itself', () => {
    const { ask } = open({ name: 'q', principal: 'key:*', concurrent: 1 });
    expect(ask(ALICE)).toMatchObject({ kind: 'reserved' });
    expect(ask(BOB)).toMatchObject({ kind: 'reserved' });
    expect(ask(ALICE)).toBe("quota 'q' allows 1 requests at the same time; try again in 1 s");
    expect(ask({ id: 'anonymous', groups: [] })).toBeUndefined();
  });

  it('those of all members of a group together', () => {
    const { ask } = open({ name: 'q', group: 'team', concurrent: 1 });
    ask(ALICE);
    expect(ask(BOB)).toContain("quota 'q'");
    expect(ask({ id: 'key:eve', groups: ['all'] })).toBeUndefined();
  });

  it('those to each model that matches by itself, of all callers', () => {
    const { ask } = open({ name: 'q', model: 'llm-*', concurrent: 1 });
    ask(ALICE, 'llm-a');
    expect(ask(BOB, 'llm-a')).toContain("quota 'q'");
    expect(ask(BOB, 'llm-b')).toMatchObject({ kind: 'reserved' });
    expect(ask(BOB, 'other')).toBeUndefined();
  });

  it('those that match all that is named', () => {
    const { ask } = open({ name: 'q', principal: 'key:*', group: 'all', model: '*', concurrent: 1 });
    ask(ALICE, 'a');
    expect(ask(ALICE, 'a')).toContain("quota 'q'");
    expect(ask(ALICE, 'b')).toMatchObject({ kind: 'reserved' });
    expect(ask(BOB, 'a')).toBeUndefined();
  });
});

describe('a refusal', () => {
  it('names the quota that takes longest, and takes of none', () => {
    const { keeper, ask, clock } = open(
      { name: 'wide', group: 'team', requestsPerSecond: 10 },
      { name: 'narrow', principal: '*', requestsPerSecond: 0.1 },
    );
    ask(ALICE);
    expect(ask(ALICE)).toBe("quota 'narrow' allows 0.1 requests a second (1 at once); try again in 10 s");
    const left = keeper.list(ALICE).map(({ quota, standings }) => [quota.name, standings[0]?.remaining]);
    expect(left).toEqual([
      ['wide', 9],
      ['narrow', 0],
    ]);
    clock.at += 10_000;
    expect(ask(ALICE)).toMatchObject({ kind: 'reserved' });
  });

  it.each<[Partial<QuotaConfig>, Partial<Amounts>, string, number | undefined]>([
    [{ requestsPerSecond: 0 }, {}, "quota 'q' allows no requests (requestsPerSecond: 0)", undefined],
    [{ concurrent: 0 }, {}, "quota 'q' allows no requests (concurrent: 0)", undefined],
    [{ tokensPerDay: 0 }, { tokens: 1 }, "quota 'q' allows no tokens (tokensPerDay: 0)", undefined],
    [{ rowsPerSecond: 0 }, {}, "quota 'q' allows no rows (rowsPerSecond: 0)", undefined],
    [{ bytesPerSecond: 0 }, {}, "quota 'q' allows no bytes (bytesPerSecond: 0)", undefined],
    [{ computeMsPerMinute: 0 }, {}, "quota 'q' allows no milliseconds of compute (computeMsPerMinute: 0)", undefined],
    [
      { tokensPerMinute: 100 },
      { tokens: 150 },
      "quota 'q' allows 100 tokens a minute, and this request alone may take 150: ask for less",
      undefined,
    ],
  ])('of %o for %o', (limits, amounts, message, retryAfterMs) => {
    const { keeper } = open({ name: 'q', ...limits });
    const refused = keeper.reserve(ALICE, 'm', { ...ONE, ...amounts });
    expect(refused).toMatchObject({
      kind: 'refused',
      error: { code: 'quota_exceeded', message, retryAfterMs, reason: 'insufficient_quota' },
    });
  });

  it('says how much is left, and when to try again', () => {
    const { ask } = open({ name: 'q', tokensPerMinute: 100 });
    ask(ALICE, 'm', { tokens: 80 });
    expect(ask(ALICE, 'm', { tokens: 30 })).toBe(
      "quota 'q' allows 100 tokens a minute, of which 20 are left, and this request may take 30; try again in 61 s",
    );
    expect(ask(ALICE, 'm', { tokens: undefined })).toMatchObject({ kind: 'reserved' });
  });
});

it('counts what was used in place of what was reserved', () => {
  const { keeper, ask } = open({ name: 'q', tokensPerMinute: 100, bytesPerDay: 100, computeMsPerMinute: 50 });
  const reserved = ask(ALICE, 'm', { tokens: 100, bytes: 10 });
  if (typeof reserved !== 'object') throw new Error('refused');
  const left = () => keeper.list(undefined)[0]?.standings.map(({ remaining }) => remaining);
  expect(left()).toEqual([0, 90, 50]);
  for (let time = 0; time < 2; time++) reserved.settle({ ...NOTHING, tokens: 30, bytes: 40, computeMs: 20 });
  expect(left()).toEqual([70, 60, 30]);
});

it('never leaks what runs at the same time, and never lets in more', () => {
  const step = fc.record({ caller: fc.constantFrom(ALICE, BOB), ends: fc.nat(9), waitMs: fc.nat(2_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { keeper, ask, clock } = open(
        { name: 'each', principal: '*', concurrent: 3, requestsPerSecond: 5 },
        { name: 'all', group: 'team', concurrent: 5 },
      );
      const running: { readonly id: string; readonly reserved: Reservation }[] = [];
      for (const { caller, ends, waitMs } of steps) {
        clock.at += waitMs;
        const reserved = ask(caller);
        if (typeof reserved === 'object') running.push({ id: caller.id, reserved });
        expect(running.length).toBeLessThanOrEqual(5);
        expect(running.filter(({ id }) => id === caller.id).length).toBeLessThanOrEqual(3);
        for (const { reserved: ended } of running.splice(0, ends > 5 ? ends - 5 : 0)) ended.settle(NOTHING);
      }
      for (const { reserved } of running) reserved.settle(NOTHING);
      clock.at += 10_000;
      for (const { standings } of keeper.list(undefined)) {
        for (const { remaining, limit } of standings) expect(remaining).toBe(limit);
      }
    }),
  );
});

it('forgets counters that are idle, and none that count', () => {
  const { keeper, ask, clock } = open({ name: 'q', principal: '*', requestsPerSecond: 1, concurrent: 1 });
  const held = ask(ALICE);
  for (let index = 0; index < 5_000; index++) {
    clock.at += 10;
    const reserved = ask({ id: `key:${index}`, groups: [] });
    if (typeof reserved === 'object') reserved.settle({ ...NOTHING, requests: 1 });
  }
  expect(keeper.size).toBeLessThanOrEqual(1_025);
  expect(ask(ALICE)).toContain("quota 'q'");
  if (typeof held === 'object') held.settle(NOTHING);
  clock.at += 1_000;
  expect(ask(ALICE)).toMatchObject({ kind: 'reserved' });
});

it('keeps what was used of a day over a restart', () => {
  const quota = { name: 'q', principal: '*', tokensPerDay: 100 };
  const before = open(quota);
  before.ask(ALICE, 'm', { tokens: 70 });
  const after = open(quota);
  after.keeper.resume(quota, before.keeper.dayCounts().get(quota) ?? []);
  expect(after.ask(ALICE, 'm', { tokens: 31 })).toMatch(
    /of which 30 are left, and this request may take 31; try again/,
  );
  expect(after.ask(BOB, 'm', { tokens: 31 })).toMatchObject({ kind: 'reserved' });
});

it('holds a bounded number of counters, whatever comes, and forgets none that is in use', () => {
  const quota = { name: 'q', principal: '*', tokensPerDay: 10, concurrent: 1 };
  const keeper = new LocalQuotaKeeper([quota], { now: () => 0, wallNow: () => 0 }, 5_000);
  const ask = (index: number) => keeper.reserve({ id: `key:${index}`, groups: [] }, 'm', { ...ONE, tokens: 1 });
  const held = ask(0);
  for (let index = 1; index < 20_000; index++) {
    const reserved = ask(index);
    if (reserved?.kind === 'reserved') reserved.settle({ ...NOTHING, tokens: 1 });
    expect(keeper.size).toBeLessThanOrEqual(5_000);
  }
  expect([held?.kind, ask(0)?.kind]).toEqual(['reserved', 'refused']);
});
