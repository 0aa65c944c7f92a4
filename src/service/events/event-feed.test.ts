import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import { Call, EventBus, MillraceError, type Principal } from '../../core/index.js';
import { EventFeed } from './event-feed.js';
import type { FeedItem } from './types.js';

const ADMIN = principalWith('ci', 'admin');

function openFeed() {
  const clock = new FakeClock();
  const events = new EventBus();
  return { clock, events, feed: new EventFeed({ clock, events }) };
}

function callOf(principal: Principal): Call {
  return new Call({ requestId: 'r', principal, receivedAt: 0, deadlineAt: Number.POSITIVE_INFINITY, trace: undefined });
}

/** One who follows, already. */
async function follow(feed: EventFeed, { principal = ADMIN, after }: { principal?: Principal; after?: string } = {}) {
  const call = callOf(principal);
  const items = feed.follow(call, after)[Symbol.asyncIterator]();
  expect(await items.next()).toEqual({ done: false, value: { kind: 'begun' } });
  return {
    call,
    next: async () => summary(((await items.next()) as IteratorResult<FeedItem, undefined>).value),
    leave: () => items.return?.(undefined),
  };
}

function summary(item: FeedItem | undefined): string {
  if (item === undefined) return 'end';
  if (item.kind === 'gap') return `gap ${item.missed}`;
  if (item.kind !== 'event') return item.kind;
  const { happening } = item.event;
  return happening.kind === 'change' ? `change ${happening.resource}` : `${happening.kind}`;
}

const change = (resource: string) => ({ kind: 'change', action: 'model.load', resource, by: 'key:ci' }) as const;
const ready = (name: string) => ({ ref: { name, version: 1, generation: 1 }, state: { kind: 'ready' } }) as const;

describe('the feed of events', () => {
  it('gives new events in order to all followers', async () => {
    const { feed, events } = openFeed();
    feed.add(change('before'));
    const [one, other] = [await follow(feed), await follow(feed)];
    feed.add(change('m'));
    events.publish('modelStateChanged', ready('m'));
    events.publish('runnerExited', { runner: 'm/1#0', pid: 7, reason: 'killed', expected: false });
    for (const { next } of [one, other]) {
      expect([await next(), await next(), await next()]).toEqual(['change m', 'model.state', 'runner.exited']);
    }
  });

  it('continues behind the last known event', async () => {
    const { feed } = openFeed();
    const items = feed.follow(callOf(ADMIN), undefined)[Symbol.asyncIterator]();
    await items.next();
    for (const name of ['a', 'b', 'c']) feed.add(change(name));
    const { value } = await items.next();
    const after = (value as Extract<FeedItem, { kind: 'event' }>).event.id;
    const { next } = await follow(feed, { after });
    expect([await next(), await next()]).toEqual(['change b', 'change c']);
  });

  it('reports a gap after a restart, and gives the events it has', async () => {
    const { feed } = openFeed();
    feed.add(change('a'));
    const { next } = await follow(feed, { after: 'another-9' });
    expect([await next(), await next()]).toEqual(['gap undefined', 'change a']);
  });

  it('reports to a slow reader how many events it has missed', async () => {
    const { feed } = openFeed();
    const { next } = await follow(feed);
    for (let count = 1; count <= 1_030; count++) feed.add(change(`m${count}`));
    expect([await next(), await next()]).toEqual(['gap 6', 'change m7']);
    for (let count = 1; count <= 1_024; count++) feed.add(change(`n${count}`));
    expect([await next(), await next()]).toEqual(['gap 1023', 'change n1']);
  });

  it('gives each caller the events that it may know of, by the rights at that moment', async () => {
    const { feed, events } = openFeed();
    const policy = { ...principalWith('ops', 'viewer') };
    let isAllowed = false;
    const rights = { ...policy.rights, allowOwn: () => isAllowed, allow: (action: string) => action === 'server.read' };
    const { next } = await follow(feed, { principal: { ...policy, rights } });
    feed.add(change('hidden'));
    events.publish('modelStateChanged', ready('hidden'));
    events.publish('runnerStarted', { runner: 'hidden/1#0', pid: 7, startMs: 1 });
    const waiting = next();
    await Promise.resolve();
    isAllowed = true;
    events.publish('modelStateChanged', ready('m'));
    expect(await waiting).toBe('model.state');
  });

  it("tells nothing of the server's own models", async () => {
    const { feed, events } = openFeed();
    const { next } = await follow(feed);
    events.publish('modelStateChanged', ready('millrace/image'));
    events.publish('modelStateChanged', ready('m'));
    feed.add(change('last'));
    expect([await next(), await next()]).toEqual(['model.state', 'change last']);
  });

  it('says so when nothing happens', async () => {
    const { feed, clock } = openFeed();
    const { next } = await follow(feed);
    const waiting = next();
    await clock.advance(15_000);
    expect(await waiting).toBe('idle');
  });

  it('ends with its call, and with the server', async () => {
    const { feed } = openFeed();
    const [one, other] = [await follow(feed), await follow(feed)];
    const [first, second] = [one.next(), other.next()];
    one.call.cancel(new MillraceError('cancelled', 'the client has left'));
    expect(await first).toBe('end');
    feed.end();
    expect(await second).toBe('end');
    await expect(follow(feed)).rejects.toMatchObject({ code: 'unavailable', message: 'the server is shutting down' });
  });

  it('is open to eight readers of one owner at once', async () => {
    const { feed } = openFeed();
    const readers = await Promise.all(Array.from({ length: 8 }, () => follow(feed)));
    await expect(follow(feed)).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: 'too many streams of events: 8 of this caller are open',
      retryAfterMs: 15_000,
    });
    await follow(feed, { principal: principalWith('other', 'admin') });
    await readers[0]?.leave();
    await follow(feed);
  });

  it('needs the right to know of the server', async () => {
    const { feed } = openFeed();
    const { rights, ...principal } = principalWith('caller', 'caller');
    const none = { ...principal, rights: { ...rights, allow: () => false, allowOwn: () => false } };
    await expect(follow(feed, { principal: none })).rejects.toMatchObject({ code: 'permission_denied' });
  });
});
