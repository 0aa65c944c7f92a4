import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import {
  type AudioSpec,
  Call,
  EventBus,
  type Events,
  MillraceError,
  type ModelRef,
  packBytes,
  type Tensor,
} from '../../core/index.js';
import type { Engine, ModelInfo, Submission } from '../../engine/index.js';
import { NO_CREDIT } from '../../engine/types.js';
import type { ModelSource } from '../../repository/index.js';
import { RunnerDiedError } from '../../runtimes/index.js';
import { MediaDecoders } from './decoders.js';

const AUDIO: AudioSpec = {
  kind: 'audio',
  rateHz: 8_000,
  lengthSamples: 0,
  windowSamples: 0,
  hopSamples: 0,
  contextSamples: 0,
  scale: 1,
};
const ROWS: Tensor = { name: 'rows', datatype: 'FP32', shape: [1, 1], data: new Uint8Array(4) };
const OPTIONS = { decoders: 3, maxPixels: 5, maxDurationMs: 6, timeoutMs: 7, maxRssBytes: 8 };

/** Decoders on an engine that loads unless `failure` says why not, and whose submissions wait in `given`. */
function start() {
  const clock = new FakeClock();
  const events = new EventBus();
  const loaded: ModelSource[] = [];
  const given: Submission[] = [];
  const state: { failure: Error | undefined } = { failure: undefined };
  const engine: Pick<Engine, 'load' | 'serving' | 'submit'> = {
    async load(source) {
      loaded.push(source);
      if (state.failure !== undefined) throw state.failure;
      return { ref: { name: source.name, version: source.version, generation: 9 } } as Pick<
        ModelInfo,
        'ref'
      > as ModelInfo;
    },
    serving: (name) => {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1], batchAxis: null, optional: false, media: AUDIO }];
      return [
        { ref: { name, version: 1, generation: 1 }, signature: { inputs, outputs: [] } },
      ] as unknown as ModelInfo[];
    },
    submit(_, submission) {
      given.push(submission);
      return NO_CREDIT;
    },
  };
  const warnings: string[] = [];
  const finished: Events['inferFinished'][] = [];
  events.subscribe('diagnostic', ({ message }) => warnings.push(message));
  events.subscribe('inferFinished', (event) => finished.push(event));
  const decoders = new MediaDecoders({ engine: engine as Engine, clock, events, options: OPTIONS });
  const principal = principalWith('p');
  const call = new Call({
    requestId: 'r',
    principal,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const element = packBytes([Uint8Array.of(1)]);
  const decode = () => decoders.decode(call, { element, spec: AUDIO, datatype: 'FP32', modelName: 'm' });
  return { clock, events, loaded, given, state, warnings, finished, call, decode };
}

describe('decoders', () => {
  it('start with the first model that takes pictures or sounds', async () => {
    const { events, loaded, clock } = start();
    const ref: ModelRef = { name: 'm', version: 1, generation: 1 };
    events.publish('modelStateChanged', { ref, state: { kind: 'loading' } });
    expect(loaded).toEqual([]);
    for (let again = 0; again < 2; again++) events.publish('modelStateChanged', { ref, state: { kind: 'ready' } });
    await clock.flush();
    expect(loaded).toMatchObject([
      {
        name: 'millrace/audio',
        config: {
          instances: { count: 3 },
          limits: { executionTimeoutMs: 7, maxRssBytes: 8 },
          media: { kind: 'audio', maxPixels: 5, maxDurationMs: 6 },
        },
      },
    ]);
  });

  it('answer on behalf of the call, which is counted', async () => {
    const { decode, given, clock, call, finished } = start();
    const rows = decode();
    await clock.flush();
    expect(given[0]?.request).toMatchObject({
      inputs: [{ name: 'content', shape: [1] }],
      parameters: { media: AUDIO, datatype: 'FP32' },
    });
    expect([given[0]?.call.callers, call.openChildren]).toEqual([['m'], 1]);
    given[0]?.sink.onResponse({
      ref: { name: 'a', version: 1, generation: 9 },
      id: '',
      outputs: [ROWS],
      parameters: {},
    });
    given[0]?.sink.onEnd(undefined);
    expect(await rows).toBe(ROWS);
    expect(call.openChildren).toBe(0);
    expect(finished).toMatchObject([{ ref: { name: 'millrace/audio' }, error: undefined, answered: true, rows: 1 }]);
  });

  it.each([
    [
      new RunnerDiedError('gone', { started: true }),
      'it was given up, since it takes longer than media.timeoutMs (7) or ends its decoder',
    ],
    [
      new RunnerDiedError('gone', { started: true, overMemory: true }),
      'it was given up, since it takes more memory than media.maxRssBytes (8)',
    ],
    [new RunnerDiedError('gone before it began', { started: false }), 'gone before it began'],
    [new MillraceError('resource_exhausted', 'the queue is full'), 'the queue is full'],
  ])('tell of their end in terms of the settings: %s', async (error, message) => {
    const { decode, given, clock } = start();
    const rows = decode();
    await clock.flush();
    given[0]?.sink.onEnd(error);
    await expect(rows).rejects.toMatchObject({ code: error.code, message });
  });

  it('that do not start say why for ten seconds, and then try again', async () => {
    const { decode, loaded, state, warnings, clock, given } = start();
    state.failure = new MillraceError('failed_precondition', 'sounds require a decoder');
    for (let again = 0; again < 2; again++) await expect(decode()).rejects.toBe(state.failure);
    expect([loaded.length, warnings]).toEqual([1, ['what decodes sounds did not start: sounds require a decoder']]);
    state.failure = undefined;
    await clock.advance(10_000);
    void decode();
    await clock.flush();
    expect([loaded.length, given.length]).toEqual([2, 1]);
  });
});
