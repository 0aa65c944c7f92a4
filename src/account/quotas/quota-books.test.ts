import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { Random } from '../../../test/support/random.js';
import { EventBus, type JsonValue, MillraceError } from '../../core/index.js';
import { LocalQuotaKeeper, type QuotasOptions } from '../../governance/index.js';
import type { Snapshots } from '../../store/index.js';
import { QuotaBooks } from './quota-books.js';

const DAY_MS = 86_400_000;
const ALICE = { id: 'key:alice', groups: ['team'] };
const QUOTAS: QuotasOptions = [
  { name: 'daily', group: 'team', model: 'llm', tokensPerDay: 10_000 },
  { name: 'fast', principal: '*', requestsPerSecond: 1_000 },
];

/** Like a disk: it outlives the server, and may fail. */
function openDisk() {
  const values = new Map<string, JsonValue>();
  const disk = { values, fails: false, puts: 0 };
  const guard = async <Result>(work: () => Result): Promise<Result> => {
    if (disk.fails) throw new MillraceError('unavailable', 'the disk is full');
    return work();
  };
  const snapshots: Snapshots = {
    get: (kind, name) => guard(() => values.get(`${kind}/${name}`)),
    put: (kind, name, value) =>
      guard(() => {
        disk.puts++;
        values.set(`${kind}/${name}`, value);
      }),
    remove: (kind, name) => guard(() => void values.delete(`${kind}/${name}`)),
  };
  return { disk, snapshots };
}

async function startServer(clock: FakeClock, snapshots: Snapshots) {
  const events = new EventBus();
  const told: string[] = [];
  events.subscribe('diagnostic', ({ message }) => told.push(message));
  const keeper = new LocalQuotaKeeper(QUOTAS, clock);
  const books = new QuotaBooks({ keeper, snapshots, clock, events });
  await books.load();
  /** Tokens that a request has got; 0 = it was refused. */
  const ask = (asked: number, used = asked): number => {
    const amounts = { requests: 1, running: 1, rows: 1, tokens: asked, bytes: 0, computeMs: 0 };
    const answer = keeper.reserve(ALICE, 'llm', amounts);
    if (answer?.kind !== 'reserved') return 0;
    books.changed();
    answer.settle({ requests: 1, rows: 1, tokens: used, bytes: 0, computeMs: 0 });
    return used;
  };
  return { ask, books, told };
}

it('grants the daily limit within a hundredth, over weeks with restarts and crashes', async () => {
  const clock = new FakeClock();
  const random = new Random(7);
  const { snapshots } = openDisk();
  const days = 21;
  let server = await startServer(clock, snapshots);
  const byDay = new Map<number, number>();
  for (let hour = 0; hour < 24 * days; hour++) {
    for (let request = 0; request < 20; request++) {
      const asked = random.integer(20, 90);
      const day = Math.floor(clock.wallNow() / DAY_MS);
      byDay.set(day, (byDay.get(day) ?? 0) + server.ask(asked, random.integer(10, asked)));
      await clock.advance(180_000);
    }
    if (random.chance(0.2)) {
      // A crash, which is as an end without the last writing; what was written in time is there.
      if (random.chance(0.5)) await server.books.close();
      server = await startServer(clock, snapshots);
    }
  }
  const whole = [...byDay.values()].slice(1, -1);
  expect(whole).toHaveLength(days - 1);
  for (const used of whole) {
    expect(used).toBeGreaterThan(9_900);
    expect(used).toBeLessThanOrEqual(10_000);
  }
});

it('writes changes, every five seconds at most', async () => {
  const clock = new FakeClock();
  const { disk, snapshots } = openDisk();
  const { ask, books } = await startServer(clock, snapshots);
  for (let request = 0; request < 10; request++) ask(1);
  await clock.advance(5_000);
  expect(disk.puts).toBe(1);
  expect(disk.values.get('quota/daily')).toEqual([
    { limit: 'tokensPerDay', day: 20_254, used: 10, group: 'team', model: 'llm' },
  ]);
  await books.close();
  expect([disk.puts, clock.pendingTimers]).toEqual([1, 0]);
});

it('lets requests go on where nothing can be kept, says so once, and keeps it later', async () => {
  const clock = new FakeClock();
  const { disk, snapshots } = openDisk();
  const { ask, told } = await startServer(clock, snapshots);
  disk.fails = true;
  for (let round = 0; round < 3; round++) {
    expect(ask(100)).toBe(100);
    await clock.advance(5_000);
  }
  expect(told).toEqual(['what is used of quotas could not be kept, which is tried again: the disk is full']);
  disk.fails = false;
  ask(100);
  await clock.advance(5_000);
  expect(disk.values.get('quota/daily')).toMatchObject([{ used: 400 }]);
});

it('repeats a failed write automatically', async () => {
  const clock = new FakeClock();
  const { disk, snapshots } = openDisk();
  const { ask } = await startServer(clock, snapshots);
  disk.fails = true;
  ask(100);
  await clock.advance(5_000);
  disk.fails = false;
  await clock.advance(5_000);
  expect(disk.values.get('quota/daily')).toMatchObject([{ used: 100 }]);
});

it('keeps counts that arrive during a write, and leaves no timer behind', async () => {
  const clock = new FakeClock();
  const { disk, snapshots } = openDisk();
  const { ask, books } = await startServer(clock, {
    ...snapshots,
    async put(kind, name, value) {
      if (disk.puts === 0) ask(20);
      await snapshots.put(kind, name, value);
    },
  });
  ask(1);
  await clock.advance(5_000);
  expect(disk.values.get('quota/daily')).toMatchObject([{ used: 1 }]);
  await clock.advance(5_000);
  expect(disk.values.get('quota/daily')).toMatchObject([{ used: 21 }]);
  disk.fails = true;
  ask(1);
  await books.close();
  expect([disk.puts, clock.pendingTimers]).toEqual([2, 0]);
});

it('does not overwrite unreadable counters, and begins anew', async () => {
  const clock = new FakeClock();
  const { disk, snapshots } = openDisk();
  disk.values.set('quota/daily', [{ limit: 'tokensPerDay', day: 20_254, used: 9_999, group: 'team', model: 'llm' }]);
  disk.fails = true;
  const { ask, books, told } = await startServer(clock, snapshots);
  disk.fails = false;
  expect(told).toEqual([
    'what was used of quotas before cannot be read, and what is used now is not kept: the disk is full',
  ]);
  expect(ask(5_000)).toBe(5_000);
  await books.close();
  expect(disk.puts).toBe(0);
});

it('ignores stored values that it has not written', async () => {
  const { disk, snapshots } = openDisk();
  disk.values.set('quota/daily', [{ limit: 'tokensPerDay', day: 'today', used: -1 }]);
  const { ask } = await startServer(new FakeClock(), snapshots);
  expect(ask(10_000)).toBe(10_000);
});
