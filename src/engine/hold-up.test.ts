import { describe, expect, it } from 'vitest';
import { HoldUp } from './hold-up.js';

const online = (rows = 1) => ({ rows, call: { priority: 'normal' as const } });
const background = (rows = 1) => ({ rows, call: { priority: 'background' as const } });
const many = (count: number, rows = 1) => Array.from({ length: count }, () => background(rows));
const rowsOf = (members: readonly { readonly rows: number }[]) => members.reduce((sum, { rows }) => sum + rows, 0);

/** A model whose runs take 1 ms a row. */
function used(lastOnlineAt = 0): HoldUp {
  const holdUp = new HoldUp();
  holdUp.sent([online()], lastOnlineAt);
  holdUp.ended({ rows: 4, members: many(4) }, 4);
  return holdUp;
}

describe('a batch of the background', () => {
  it('takes 5 ms of a model that is in use, and 50 ms of another one', () => {
    expect(used().limit(many(100), 9_999)).toHaveLength(5);
    expect(used().limit(many(100), 10_000)).toHaveLength(50);
  });

  it('is not limited where no run is known', () => {
    expect(new HoldUp().limit(many(100), 0)).toHaveLength(100);
  });

  it('has one request at least, however long that runs', () => {
    expect(used().limit(many(3, 64), 0)).toHaveLength(1);
  });

  it('is sized by runs of the background, once there are some, and not by others', () => {
    const holdUp = used();
    for (let run = 0; run < 100; run++) holdUp.ended({ rows: 1, members: [online()] }, 100);
    expect(holdUp.limit(many(100), 0)).toHaveLength(5);
    for (let run = 0; run < 100; run++) holdUp.ended({ rows: 10, members: many(10) }, 1);
    expect(holdUp.limit(many(100), 0)).toHaveLength(49);
  });

  it('is sized by runs of requests that somebody waits for, until there are others', () => {
    const holdUp = new HoldUp();
    holdUp.ended({ rows: 1, members: [online()] }, 10);
    expect(holdUp.limit(many(100), 0)).toHaveLength(5);
    holdUp.ended({ rows: 5, members: many(5) }, 5);
    expect(holdUp.limit(many(100), 0)).toHaveLength(50);
  });
});

describe('a batch that somebody waits for', () => {
  it('takes requests of the background along as far as they make it 5 ms long', () => {
    const holdUp = used(-20_000);
    expect(rowsOf(holdUp.limit([online(2), ...many(10)], 0))).toBe(5);
    expect(holdUp.limit([online(8), background(), online(2)], 0)).toEqual([online(8), online(2)]);
  });

  it('is not limited', () => {
    const all = Array.from({ length: 100 }, () => online());
    expect(used().limit(all, 0)).toBe(all);
  });
});

describe('a place', () => {
  it('of an instance that runs a batch is kept for requests that somebody waits for, while the model is in use', () => {
    expect(used(7).freeUntil({ free: 0, running: 1, concurrency: 1 })).toBe(10_007);
    expect(used(7).freeUntil({ free: 1, running: 0, concurrency: 1 })).toBe(Number.NEGATIVE_INFINITY);
  });

  it('that is the last one of several is kept for them', () => {
    expect(used(7).freeUntil({ free: 1, running: 3, concurrency: 4 })).toBe(10_007);
    expect(used(7).freeUntil({ free: 2, running: 2, concurrency: 4 })).toBe(Number.NEGATIVE_INFINITY);
  });

  it('of a model that nobody waits for is kept for nobody', () => {
    expect(new HoldUp().freeUntil({ free: 0, running: 1, concurrency: 1 })).toBe(Number.NEGATIVE_INFINITY);
  });
});
