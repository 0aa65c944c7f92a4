import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EventBus } from '../../core/index.js';
import type { Span } from '../spans/span.js';
import { type ExportThread, SpanExporter } from './exporter.js';
import type { ExportReply } from './messages.js';

const TAKEN: ExportReply = { outcome: 'taken', rejected: 0, message: '' };
const BUSY: ExportReply = { outcome: 'retry', message: 'it answered with status 503', retryAfterMs: undefined };
const REFUSED: ExportReply = { outcome: 'refused', message: 'it answered with status 401' };

class FakeThread extends EventEmitter implements ExportThread {
  readonly groups: (readonly Span[])[] = [];
  terminations = 0;

  postMessage(spans: string): void {
    this.groups.push(JSON.parse(spans));
  }

  reply(reply: ExportReply): void {
    this.emit('message', reply);
  }

  async terminate(): Promise<number> {
    this.terminations++;
    return 0;
  }

  unref(): void {
    // Nothing keeps the process.
  }
}

function span(name: string): Span {
  return {
    name,
    kind: 0,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    parentSpanId: undefined,
    hasRemoteParent: false,
    state: undefined,
    startMs: 0,
    endMs: 1,
    attributes: {},
    links: [],
    isError: false,
  };
}

function createFixture(maxQueuedBytes = 1_000_000) {
  const clock = new FakeClock();
  const events = new EventBus();
  const log: string[] = [];
  events.subscribe('diagnostic', ({ level, room, message }) => log.push(`${room} ${level} ${message}`));
  const threads: FakeThread[] = [];
  const exporter = new SpanExporter({
    setup: {
      endpoint: 'http://collector:4318',
      protocol: 'http/protobuf',
      headers: {},
      timeoutMs: 1,
      ca: undefined,
      resource: {},
      version: '1',
    },
    maxQueuedBytes,
    clock,
    events,
    start() {
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    },
  });
  const sent = () => threads.flatMap(({ groups }) => groups.map((group) => group.map(({ name }) => name).join('')));
  return { clock, exporter, log, threads, sent, thread: () => threads.at(-1) as FakeThread };
}

const FAILS =
  'tracing warn the OpenTelemetry collector at http://collector:4318 does not take spans, some may be lost:';

describe('spans', () => {
  it('gather for a second, and then while the group before them is sent', async () => {
    const { clock, exporter, sent, thread, threads } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(999);
    exporter.add([span('b'), span('c')]);
    expect(threads).toEqual([]);
    await clock.advance(1);
    expect(sent()).toEqual(['abc']);
    exporter.add([span('d')]);
    await clock.advance(10_000);
    expect(sent()).toEqual(['abc']);
    thread().reply(TAKEN);
    await clock.advance(1_000);
    expect(sent()).toEqual(['abc', 'd']);
    thread().reply(TAKEN);
    expect(exporter.counts).toEqual({ exported: 4, dropped: 0 });
    expect(threads).toHaveLength(1);
  });

  it('are sent at once where there are many, 512 at a time', () => {
    const { exporter, thread } = createFixture();
    for (let request = 0; request < 700; request++) exporter.add([span('a')]);
    expect(thread().groups.map(({ length }) => length)).toEqual([512]);
    thread().reply(TAKEN);
    expect(exporter.counts).toEqual({ exported: 512, dropped: 0 });
  });

  it('are sent again while the collector is busy, later each time', async () => {
    const { clock, exporter, sent, thread, log } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(1_000);
    for (const delayMs of [1_000, 2_000, 4_000, 8_000]) {
      thread().reply(BUSY);
      await clock.advance(delayMs - 1);
      const before = sent().length;
      await clock.advance(1);
      expect(sent()).toHaveLength(before + 1);
    }
    thread().reply(BUSY);
    await clock.advance(60_000);
    expect(sent()).toEqual(['a', 'a', 'a', 'a', 'a']);
    expect(exporter.counts).toEqual({ exported: 0, dropped: 1 });
    expect(log).toEqual([`${FAILS} it answered with status 503`]);
  });

  it('wait as long as the collector asks for', async () => {
    const { clock, exporter, sent, thread } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(1_000);
    thread().reply({ ...BUSY, retryAfterMs: 7_000 });
    await clock.advance(6_999);
    expect(sent()).toEqual(['a']);
    await clock.advance(1);
    expect(sent()).toEqual(['a', 'a']);
  });

  it('are dropped where the collector refuses them, and the log says so once until it takes some', async () => {
    const { clock, exporter, thread, log } = createFixture();
    for (const reply of [REFUSED, REFUSED, TAKEN, { ...TAKEN, rejected: 1, message: 'too old' }]) {
      exporter.add([span('a')]);
      await clock.advance(1_000);
      thread().reply(reply);
    }
    expect(exporter.counts).toEqual({ exported: 1, dropped: 3 });
    expect(log).toEqual([
      `${FAILS} it answered with status 401`,
      'tracing info the OpenTelemetry collector at http://collector:4318 takes spans again; 2 were lost since the start',
      `${FAILS} it rejected 1 of 1: too old`,
    ]);
  });

  it('are dropped where too many wait, those of one request together', async () => {
    const { clock, exporter, sent, thread } = createFixture(2_100);
    exporter.add([span('a'), span('b')]);
    await clock.advance(1_000);
    // A collector that does not answer.
    exporter.add([span('c')]);
    exporter.add([span('d'), span('e')]);
    exporter.add([span('f')]);
    expect(exporter.counts).toEqual({ exported: 0, dropped: 2 });
    thread().reply(TAKEN);
    await clock.advance(1_000);
    expect(sent()).toEqual(['ab', 'cf']);
  });

  it('of the group that a thread has ended with are lost, and the next group has another thread', async () => {
    const { clock, exporter, threads, thread, log } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(1_000);
    thread().emit('error', new Error('out of memory'));
    thread().emit('exit', 1);
    exporter.add([span('b')]);
    await clock.advance(1_000);
    thread().reply(TAKEN);
    expect(threads).toHaveLength(2);
    expect(exporter.counts).toEqual({ exported: 1, dropped: 1 });
    expect(log[0]).toBe(`${FAILS} the thread that sends them has ended: out of memory`);
  });
});

describe('at shutdown', () => {
  it('what is left is sent', async () => {
    const { clock, exporter, sent, thread } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(1_000);
    exporter.add([span('b')]);
    const closed = exporter.close();
    thread().reply(TAKEN);
    thread().reply(TAKEN);
    await closed;
    expect(sent()).toEqual(['a', 'b']);
    expect(exporter.counts).toEqual({ exported: 2, dropped: 0 });
    expect(thread().terminations).toBe(1);
    exporter.add([span('c')]);
    expect(exporter.counts).toEqual({ exported: 2, dropped: 1 });
  });

  it('a collector that does not answer is waited for three seconds', async () => {
    const { clock, exporter, thread } = createFixture();
    exporter.add([span('a')]);
    const closed = exporter.close();
    await clock.advance(3_000);
    await closed;
    expect(exporter.counts).toEqual({ exported: 0, dropped: 1 });
    expect(thread().terminations).toBe(1);
  });

  it('nothing is tried again for a collector that is busy', async () => {
    const { clock, exporter, thread } = createFixture();
    exporter.add([span('a')]);
    await clock.advance(1_000);
    thread().reply(BUSY);
    const closed = exporter.close();
    thread().reply(BUSY);
    await closed;
    expect(exporter.counts).toEqual({ exported: 0, dropped: 1 });
  });

  it('nothing is waited for where nothing is left', async () => {
    const { exporter, threads } = createFixture();
    await exporter.close();
    expect(threads).toEqual([]);
  });
});
