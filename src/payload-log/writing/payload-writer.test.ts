import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EventBus } from '../../core/index.js';
import type { EndedPayload } from './capture.js';
import type { CapturedRecord, WriteReply, WriteRequest } from './messages.js';
import { type PayloadThread, PayloadWriter } from './payload-writer.js';

/** Takes records, and says nothing until it is told to. */
class FakeThread extends EventEmitter implements PayloadThread {
  readonly groups: (readonly CapturedRecord[])[] = [];
  terminations = 0;

  postMessage({ records }: WriteRequest): void {
    this.groups.push(JSON.parse(records));
  }

  reply(reply: Partial<WriteReply>): void {
    this.emit('message', { written: 0, hasRotated: false, ...reply });
  }

  async terminate(): Promise<number> {
    this.terminations++;
    return 0;
  }

  unref(): void {
    // Nothing keeps the process.
  }
}

const RULE = { names: ['*'], rate: 1, maxRecordBytes: 100, tensors: 'values', redact: [] } as const;

function payload(requestId: string, inputBytes = 4): EndedPayload {
  const timing = { receivedAt: 5, startedAt: 0, finishedAt: 0, route: '', arm: '', answeredBy: undefined };
  const call = { requestId, trace: undefined, timing, origin: { dialect: 'oip' } };
  const request = { parameters: {}, generation: undefined, sequence: undefined };
  const inference = { call, request, epochMs: 1_000, info: { ref: { name: 'm', version: 1, generation: 1 } } };
  return {
    inference: inference as unknown as EndedPayload['inference'],
    inputs: [{ name: 'x', datatype: 'UINT8', shape: [inputBytes], data: new Uint8Array(inputBytes) }],
    responses: [],
    rule: 0,
    principal: 'p',
    status: 'ok',
    latencyMs: 2,
  };
}

function createFixture(maxQueuedBytes = 1_000_000) {
  const clock = new FakeClock();
  const events = new EventBus();
  const log: string[] = [];
  events.subscribe('diagnostic', ({ level, room, message }) => log.push(`${room} ${level} ${message}`));
  const threads: FakeThread[] = [];
  let rotations = 0;
  const writer = new PayloadWriter({
    setup: { folder: '/log', rules: [RULE], fileSizeBytes: 1, fileHours: 1 },
    maxQueuedBytes,
    clock,
    events,
    onRotated: () => rotations++,
    start: () => {
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    },
  });
  return { clock, log, threads, writer, rotations: () => rotations };
}

const idsOf = (thread: FakeThread | undefined) =>
  thread?.groups.map((group) => group.map(({ request_id: id }) => id).join());

describe('the writer of the payload log', () => {
  it('gathers records, and sends those that came meanwhile when a group is written', async () => {
    const { clock, threads, writer, rotations } = createFixture();
    writer.add(payload('a'));
    writer.add(payload('b'));
    expect(threads).toEqual([]);
    await clock.advance(200);
    writer.add(payload('c'));
    await clock.advance(10_000);
    expect(idsOf(threads[0])).toEqual(['a,b']);
    threads[0]?.reply({ written: 2, hasRotated: true });
    await clock.advance(200);
    expect(idsOf(threads[0])).toEqual(['a,b', 'c']);
    expect(writer.counts).toEqual({ written: 2, dropped: 0 });
    expect(rotations()).toBe(1);
  });

  it('drops and counts records while the disk is stuck, and holds no more than it may', async () => {
    const { clock, log, threads, writer } = createFixture(200_000);
    for (let index = 0; index < 1_000; index++) {
      writer.add(payload(String(index)));
      await clock.advance(1);
    }
    const { dropped } = writer.counts;
    expect(dropped).toBeGreaterThan(500);
    expect(threads[0]?.groups.length).toBe(1);
    threads[0]?.reply({ problem: 'ENOSPC: no space left on device' });
    expect(writer.counts).toEqual({ written: 0, dropped: dropped + (threads[0]?.groups[0]?.length ?? 0) });
    await clock.advance(200);
    threads[0]?.reply({ written: threads[0].groups[1]?.length ?? 0 });
    expect(log).toEqual([
      "payload-log warn the payload log in '/log' cannot be written, records are dropped: ENOSPC: no space left on device",
      `payload-log info the payload log in '/log' is written again; ${writer.counts.dropped} records were dropped`,
    ]);
  });

  it('leaves out tensors that are larger than a record may be', async () => {
    const { threads, writer } = createFixture();
    writer.add(payload('a', 101));
    void writer.flush();
    expect(threads[0]?.groups[0]?.[0]?.inputs).toEqual([
      { name: 'x', datatype: 'UINT8', shape: [101], at: [-1, 0, 0] },
    ]);
  });

  it('drops what a thread had that has ended, and starts another one', async () => {
    const { threads, writer, log } = createFixture();
    writer.add(payload('a'));
    const flushed = writer.flush();
    threads[0]?.emit('error', new Error('out of memory'));
    threads[0]?.emit('exit', 1);
    expect(await flushed).toBe(true);
    expect(log).toEqual([
      "payload-log warn the payload log in '/log' cannot be written, records are dropped: the thread that writes it has ended: out of memory",
    ]);
    writer.add(payload('b'));
    void writer.flush();
    expect(idsOf(threads[1])).toEqual(['b']);
    expect(writer.counts).toEqual({ written: 0, dropped: 1 });
  });

  it('closes after three seconds at most where the disk is stuck', async () => {
    const { clock, threads, writer } = createFixture();
    writer.add(payload('a'));
    const closed = writer.close();
    await clock.advance(3_000);
    await closed;
    writer.add(payload('b'));
    expect(threads[0]?.terminations).toBe(1);
    expect(writer.counts).toEqual({ written: 0, dropped: 2 });
  });
});
