import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Parameters, Signature } from '../../src/core/index.js';
import {
  type Emission,
  type Instance,
  type Placement,
  RunnerDiedError,
  STREAM_CREDIT,
} from '../../src/runtimes/index.js';
import { batchItem, fp32 } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const spec = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 1], batchAxis: 0, optional: false }) as const;
const declared: Signature = { inputs: [spec('x')], outputs: [spec('y')] };
const stream = loadSpec({ runtime: 'echo', declared, options: { mode: 'repeat', faults: true } });
const plain = loadSpec({ runtime: 'echo', declared, options: { faults: true } });

const item = (callId: number, parameters: Parameters = {}) =>
  batchItem(callId, [fp32('x', [1, 1], [callId])], { parameters });

/** A batch whose answers nobody takes until the test does. */
class Reading {
  readonly emissions: Emission[] = [];
  readonly ended: Promise<unknown>;
  readonly #instance: Instance;
  readonly #callId: number;

  constructor(instance: Instance, callId: number, parameters: Parameters) {
    this.#instance = instance;
    this.#callId = callId;
    const batch = { id: callId, items: [item(callId, parameters)], rows: 1, outputs: undefined };
    this.ended = instance
      .execute(batch, (emissions) => void this.emissions.push(...emissions))
      .catch((error: unknown) => error);
  }

  grant(answers: number): void {
    this.#instance.grant(this.#callId, answers);
  }

  get rounds(): readonly unknown[] {
    return this.emissions.map(({ parameters }) => parameters?.round);
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost();
});
afterEach(() => hosted.host.close());

/** What was sent to the instance before has done all it can when this resolves: its event loop has turned since. */
async function handled(instance: Instance): Promise<void> {
  for (const callId of [900, 901]) {
    const { emissions } = await runBatch(instance, [item(callId)]);
    expect(emissions).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const placements: readonly (readonly [string, Placement])[] = [
  ['inline', INLINE],
  ['in a process', IN_PROCESS],
];

describe.each(placements)('a stream %s', (_label, placement) => {
  test('waits for its reader and harms nobody meanwhile', async () => {
    const instance = await hosted.load(stream, placement);
    const reading = new Reading(instance, 1, { times: 70 });
    await handled(instance);
    expect(reading.rounds).toEqual(upTo(STREAM_CREDIT));
    reading.grant(10);
    await handled(instance);
    expect(reading.rounds).toEqual(upTo(STREAM_CREDIT + 10));
    reading.grant(100);
    await reading.ended;
    expect(reading.rounds).toEqual(upTo(70));
  });

  test('waits for each reader of a batch by itself', async () => {
    const instance = await hosted.load(stream, placement);
    const emissions: Emission[] = [];
    const items = [item(1, { times: 100 }), item(2, { times: 50 })];
    const ended = instance.execute({ id: 1, items, rows: 2, outputs: undefined }, (emitted) => {
      emissions.push(...emitted);
    });
    instance.grant(2, 18);
    await handled(instance);
    const of = (callId: number) => emissions.filter((emission) => emission.callId === callId);
    expect(of(1)).toHaveLength(STREAM_CREDIT);
    expect(of(2)).toHaveLength(50);
    expect(of(2).at(-1)?.final).toBe(true);
    instance.cancel(1);
    await ended;
  });

  test('ends when it is cancelled while it waits', async () => {
    const instance = await hosted.load(stream, placement);
    const reading = new Reading(instance, 1, { times: 1_000 });
    await handled(instance);
    instance.cancel(1);
    await reading.ended;
    expect(reading.emissions).toHaveLength(STREAM_CREDIT + 1);
    expect(reading.emissions.at(-1)).toMatchObject({ error: { code: 'cancelled' }, final: true });
  });

  test('is one of as many as the description says', async () => {
    const instance = await hosted.load(stream, placement);
    const { concurrency, needsEventLoop } = instance.description;
    expect({ concurrency, needsEventLoop }).toEqual({ concurrency: 64, needsEventLoop: true });
    const readings = upTo(concurrency - 1).map((callId) => new Reading(instance, callId, { times: 40 }));
    await handled(instance);
    expect(readings.map(({ emissions }) => emissions.length)).toEqual(readings.map(() => STREAM_CREDIT));
    for (const reading of readings) reading.grant(8);
    await Promise.all(readings.map(({ ended }) => ended));
    expect(readings.map(({ emissions }) => emissions.length)).toEqual(readings.map(() => 40));
  });

  test('ignores grants for items that are unknown or done', async () => {
    const instance = await hosted.load(stream, placement);
    instance.grant(99, 1);
    await handled(instance);
    instance.grant(900, 1);
    await handled(instance);
  });
});

describe('a runner with an event loop', () => {
  const shared: Placement = { kind: 'process', runner: 'mixed', maxRssBytes: 0 };

  test('runs no more batches at a time than the model can, and cancels those that wait', async () => {
    const slow = loadSpec({ runtime: 'echo', declared, options: { delayMs: 1 } });
    const instance = await hosted.load(slow);
    expect(instance.description).toMatchObject({ concurrency: 1, needsEventLoop: true });
    const order: number[] = [];
    const runs = [1, 2, 3].map(async (callId) => {
      const { emissions } = await runBatch(instance, [item(callId)]);
      order.push(callId);
      return emissions[0]?.error?.code;
    });
    instance.cancel(3);
    expect(await Promise.all(runs)).toEqual([undefined, undefined, 'cancelled']);
    expect(order).toEqual([1, 2, 3]);
  });

  test('begins when a model that needs it joins one that does not', async () => {
    const first = await hosted.load(plain, shared, 'plain/1#0');
    await runBatch(first, [item(1)]);
    const second = await hosted.load(stream, shared, 'stream/1#0');
    expect(second.pid).toBe(first.pid);
    const reading = new Reading(second, 1, { times: 40 });
    await handled(first);
    await handled(second);
    expect(reading.emissions).toHaveLength(STREAM_CREDIT);
    const third = await hosted.load(plain, shared, 'plain/1#1');
    await handled(third);
    await first.close();
    await third.close();
    reading.grant(8);
    await reading.ended;
    expect(reading.emissions).toHaveLength(40);
    await second.close();
    expect(await second.exited).toBe('closed');
  });

  test('takes batches that came with the last frames before it began', async () => {
    const first = await hosted.load(plain, shared, 'plain/1#0');
    const loading = hosted.load(stream, shared, 'stream/1#0');
    const answers = upTo(20).map((callId) => runBatch(first, [item(callId)]));
    const second = await loading;
    const sizes = (await Promise.all(answers)).map(({ emissions }) => emissions.length);
    expect(sizes).toEqual(answers.map(() => 1));
    await handled(second);
  });

  test.each([
    ['throws', 'throwLater', "uncaught exception: TypeError: echo: fault 'throwLater'"],
    ['rejects', 'rejectLater', "unhandled rejection: RangeError: echo: fault 'rejectLater'"],
  ])('ends alone, and says why, when a model %s outside of a batch', async (_label, fault, reason) => {
    const other = await hosted.load(stream, IN_PROCESS, 'other/1#0');
    const instance = await hosted.load(stream);
    const reading = new Reading(instance, 1, { times: 1_000, fault });
    expect(await reading.ended).toMatchObject({ message: `runner model/1#0 is gone: ${reason}`, started: true });
    expect(await instance.exited).toBe(reason);
    const { level, message } = await hosted.event('diagnostic');
    expect([level, message]).toEqual(['error', expect.stringMatching(/^u.*fault '\w+'\n {4}at .*echo\.js/s)]);
    await handled(other);
  });

  test('says of every model which of its batches had begun when it died', async () => {
    const streaming = await hosted.load(stream, shared, 'stream/1#0');
    const blocking = await hosted.load(plain, shared, 'plain/1#0');
    const ended = [
      new Reading(streaming, 1, { times: 100 }),
      new Reading(streaming, 2, { times: 100 }),
      new Reading(blocking, 3, { fault: 'hang' }),
      new Reading(blocking, 4, {}),
    ].map((reading) => reading.ended);
    streaming.kill('enough');
    const begun = (await Promise.all(ended)).map((error) => error instanceof RunnerDiedError && error.started);
    expect(begun).toEqual([true, true, true, false]);
  });
});
