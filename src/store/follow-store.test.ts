import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { EventBus, MillraceError } from '../core/index.js';
import { StoreFollower } from './follow-store.js';
import type { StoreWatch } from './types.js';

const DAMAGED = new MillraceError('unavailable', "the store 's' is damaged");
const UNREADABLE = `error: changes of other servers cannot be read from the store, and do not apply here: ${DAMAGED.message}`;
const READABLE = 'info: the changes of other servers are read from the store again';

function start() {
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  events.subscribe('diagnostic', ({ level, message }) => said.push(`${level}: ${message}`));
  let now: StoreWatch | MillraceError = { version: undefined, writer: 'unknown' };
  const asked = { times: 0 };
  const read: string[] = [];
  const faults = new Map<string, MillraceError>();
  const reader = (name: string) => ({
    async catchUp() {
      read.push(name);
      const fault = faults.get(name);
      if (fault !== undefined) throw fault;
    },
  });
  const store = {
    async watch() {
      asked.times++;
      if (now instanceof MillraceError) throw now;
      return now;
    },
  };
  const follower = new StoreFollower({ store, clock, events, readers: [reader('keys'), reader('labels')] });
  follower.start();
  const is = (watched: StoreWatch | MillraceError) => {
    now = watched;
  };
  return { clock, said, is, asked, read, faults, follower };
}

it('a store is watched once a second, and read only after another process has written', async () => {
  const { clock, is, asked, read } = start();
  await clock.advance(3_000);
  expect([asked.times, read]).toEqual([3, []]);
  is({ version: 'a 1', writer: 'unknown' });
  await clock.advance(2_000);
  expect([asked.times, read]).toEqual([5, ['keys', 'labels']]);
  is({ version: 'a 2', writer: 'unknown' });
  await clock.advance(1_000);
  expect(read).toEqual(['keys', 'labels', 'keys', 'labels']);
});

it('what cannot be read is read a second later, which is said once, and keeps nothing else from being read', async () => {
  const { clock, is, read, faults, said } = start();
  faults.set('keys', DAMAGED);
  is({ version: 'a 1', writer: 'unknown' });
  await clock.advance(3_000);
  expect(read).toEqual(['keys', 'labels', 'keys', 'labels', 'keys', 'labels']);
  expect(said).toEqual([UNREADABLE]);
  faults.clear();
  await clock.advance(3_000);
  expect(read).toHaveLength(8);
  expect(said).toEqual([UNREADABLE, READABLE]);
});

it('a store that cannot be watched is watched on, and nothing is read meanwhile', async () => {
  const { clock, is, read, said } = start();
  is(DAMAGED);
  await clock.advance(5_000);
  expect([read, said]).toEqual([[], [UNREADABLE]]);
  is({ version: 'a 1', writer: 'this' });
  await clock.advance(1_000);
  expect([read, said]).toEqual([
    ['keys', 'labels'],
    [UNREADABLE, READABLE],
  ]);
});

it('a server says once that another one writes the store, and when it writes it instead', async () => {
  const { clock, is, said } = start();
  is({ version: 'a 1', writer: 'another' });
  await clock.advance(3_000);
  is({ version: 'a 1', writer: 'this' });
  await clock.advance(3_000);
  expect(said).toEqual([
    'warn: another server writes the store: this one follows its changes and refuses its own until that server ends',
    'info: this server writes the store now',
  ]);
});

it('a server that writes the store from the beginning has nothing to say of that', async () => {
  const { clock, is, said } = start();
  is({ version: 'a 1', writer: 'this' });
  await clock.advance(2_000);
  expect(said).toEqual([]);
});

it('a closed follower leaves no timer', async () => {
  const { clock, asked, follower } = start();
  await clock.advance(1_000);
  await follower.close();
  expect(clock.pendingTimers).toBe(0);
  follower.start();
  await clock.advance(5_000);
  expect(asked.times).toBe(1);
});
