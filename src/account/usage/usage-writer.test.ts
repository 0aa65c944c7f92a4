import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EventBus, MillraceError } from '../../core/index.js';
import { HOUR_MS, UsageBook } from '../../metering/index.js';
import type { UsageBatch, UsageRecords } from '../../store/index.js';
import { UsageWriter } from './usage-writer.js';

const FRAUD = { name: 'fraud', version: 3 };
const FULL = new MillraceError('unavailable', 'the store is full');

/** A store that takes batches, fails, or takes one and says that it has failed. */
class FakeRecords implements UsageRecords {
  readonly batches: UsageBatch[] = [];
  readonly pruned: object[] = [];
  tried = 0;
  fails: 'no' | 'before' | 'after' = 'no';
  pruneSteps = 1;

  async add(batch: UsageBatch): Promise<void> {
    this.tried++;
    if (this.fails !== 'before') this.batches.push(batch);
    if (this.fails !== 'no') throw FULL;
  }

  sums = async () => [];

  async prune(horizons: object) {
    this.pruned.push(horizons);
    return { hasMore: this.pruned.length % this.pruneSteps !== 0 };
  }

  /** As the store adds them: each number once. */
  get answered(): number {
    const once = new Map(this.batches.map((batch) => [batch.number, batch]));
    return [...once.values()].flatMap(({ increments }) => increments).reduce((sum, { answered }) => sum + answered, 0);
  }
}

let records: FakeRecords;
let clock: FakeClock;
let told: string[];
beforeEach(() => {
  records = new FakeRecords();
  clock = new FakeClock();
  told = [];
});

function start({ maxSeriesPerHour = 10_000, maxPending = 100_000 } = {}) {
  const book = new UsageBook({ prices: { priceOf: () => '' }, maxSeriesPerHour, maxPending });
  const events = new EventBus();
  events.subscribe('diagnostic', ({ message }) => told.push(message));
  const options = { keepHoursDays: 35, keepDays: 400, maxSeriesPerHour };
  const writer = new UsageWriter({ book, records, options, clock, events });
  const use = (name: string, count = 1) => {
    book.at(clock.wallNow(), { principal: { name, groups: [] }, timing: { route: '', arm: '' } }, FRAUD).answered +=
      count;
    writer.wake();
  };
  return { book, writer, use };
}

describe('writing usage', () => {
  it('is done together, and not at all where nothing is used', async () => {
    const { use } = start();
    await clock.advance(10_000);
    expect([records.tried, clock.pendingTimers]).toEqual([0, 0]);
    for (let count = 0; count < 50; count++) use('a');
    await clock.advance(300);
    expect(records.batches).toMatchObject([{ number: 1, increments: [{ principal: 'a', answered: 50 }] }]);
    await clock.advance(10_000);
    expect([records.tried, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('is in batches that count on, of a thousand at most', async () => {
    const { use } = start();
    for (let count = 0; count < 2_500; count++) use(`p${count}`);
    await clock.advance(300);
    expect(records.batches.map(({ number, increments }) => [number, increments.length])).toEqual([
      [1, 1_000],
      [2, 1_000],
      [3, 500],
    ]);
    expect(new Set(records.batches.map(({ writer }) => writer)).size).toBe(1);
    const another = start();
    another.use('a');
    await clock.advance(300);
    expect(records.batches.at(-1)).toMatchObject({ number: 1 });
    expect(records.batches.at(-1)?.writer).not.toBe(records.batches[0]?.writer);
  });

  it('is tried again under the same number, with the same increments', async () => {
    const { use } = start();
    records.fails = 'after';
    use('a', 3);
    await clock.advance(300);
    use('a', 4);
    await clock.advance(5_000);
    records.fails = 'no';
    use('b', 5);
    await clock.advance(5_000);
    expect(records.batches.map(({ number }) => number)).toEqual([1, 1, 1, 2]);
    expect(records.batches.slice(0, 3)).toMatchObject(Array(3).fill({ increments: [{ principal: 'a', answered: 3 }] }));
    expect(records.answered).toBe(12);
    expect(told).toEqual(['usage cannot be written, and is kept in memory as far as there is room: the store is full']);
  });

  it('that fails is said once, and again when it fails again', async () => {
    const { use } = start();
    for (const fails of ['before', 'before', 'no', 'before'] as const) {
      records.fails = fails;
      use('a');
      await clock.advance(5_000);
    }
    expect(told).toHaveLength(2);
  });

  it('keeps as much as it has room for, and reports losses', async () => {
    const { book, writer, use } = start({ maxPending: 2 });
    records.fails = 'before';
    for (const name of ['a', 'b']) use(name);
    await clock.advance(300);
    for (const name of ['c', 'd', 'e', 'f']) use(name, 10);
    expect(book.lost.answered).toBe(20);
    await clock.advance(5_000);
    expect(told.at(-1)).toBe('the usage of 20 requests is lost: it could not be written in time');
    records.fails = 'no';
    await writer.close();
    expect([records.answered, book.lost.answered, told.length]).toEqual([22, 20, 2]);
  });

  it('happens a last time at the end; a failure then loses the counts', async () => {
    const { book, writer, use } = start();
    use('a', 5);
    await writer.close();
    expect(records.answered).toBe(5);
    expect(told).toEqual([]);
    records.fails = 'before';
    const other = start();
    other.use('b', 3);
    await clock.advance(300);
    other.use('b', 4);
    await other.writer.close();
    expect([book.lost.answered, other.book.lost.answered]).toEqual([0, 7]);
    expect(told.at(-1)).toBe('the usage of 7 requests is lost: it could not be written in time');
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets earlier counts be read', async () => {
    const { writer, use } = start();
    use('a');
    const first = writer.flush();
    use('a', 10);
    await Promise.all([first, writer.flush(), writer.flush()]);
    expect(records.answered).toBe(11);
  });

  it('says once an hour that principals are counted together', async () => {
    const { use } = start({ maxSeriesPerHour: 1 });
    for (let seconds = 0; seconds < 3; seconds++) {
      for (const name of ['a', 'b', 'c']) use(name);
      await clock.advance(1_000);
    }
    expect(told).toEqual([
      "more than 1 principals and models are used in this hour: the rest counts for the principal '(other)'; raise metering.maxSeriesPerHour",
    ]);
    await clock.advance(HOUR_MS);
    for (const name of ['a', 'b', 'c']) use(name);
    await clock.advance(1_000);
    expect(told).toHaveLength(2);
  });

  it('deletes old records, once an hour and step by step', async () => {
    const { use } = start();
    records.pruneSteps = 3;
    use('a');
    await clock.advance(300);
    expect(records.pruned).toHaveLength(3);
    use('a');
    await clock.advance(HOUR_MS - 1_000);
    expect(records.pruned).toHaveLength(3);
    await clock.advance(2_000);
    use('a');
    const nowMs = clock.wallNow() + 300;
    await clock.advance(300);
    expect(records.pruned).toHaveLength(6);
    expect(records.pruned.at(-1)).toEqual({
      hoursBeforeMs: nowMs - (35 * 24 + 1) * HOUR_MS,
      daysBeforeMs: nowMs - 401 * 24 * HOUR_MS,
    });
  });
});
