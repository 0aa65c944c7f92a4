import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import {
  Call,
  type InferRequest,
  MillraceError,
  type ModelRef,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import type { ModelInfo, Submission } from '../../engine/index.js';
import { NO_CREDIT } from '../../engine/types.js';
import { runWindows } from './run-windows.js';

const REF: ModelRef = { name: 'm', version: 1, generation: 1 };
const AUDIO = {
  kind: 'audio',
  rateHz: 8_000,
  lengthSamples: 0,
  windowSamples: 2,
  hopSamples: 2,
  contextSamples: 0,
  scale: 1,
} as const;

const bytes = (name: string, shape: readonly number[], ...values: readonly number[]): Tensor => ({
  name,
  datatype: 'UINT8',
  shape,
  data: Uint8Array.from(values),
});
const spec = (name: string, shape: readonly number[], fields: Partial<TensorSpec> = {}): TensorSpec => ({
  name,
  datatype: 'UINT8',
  shape,
  batchAxis: 0,
  optional: false,
  ...fields,
});

const SOUND = spec('sound', [-1, 2], { media: AUDIO });

interface Case {
  readonly windows: number;
  readonly info?: Partial<ModelInfo>;
  readonly request?: Partial<InferRequest>;
  /** Values beyond this are refused. */
  readonly most?: number;
}

/** Runs windows `[0,1] [2,3] …` on a model that adds up each of its rows. */
function run({ windows, info = {}, request = {}, most = 255 }: Case) {
  const tensor = bytes('sound', [windows, 2], ...Array.from({ length: windows * 2 }, (_, index) => index));
  const given: InferRequest[] = [];
  const engine = {
    submit(_ref: ModelRef, { request: part, sink }: Submission) {
      given.push(part);
      const [sound] = part.inputs as readonly [Tensor];
      const sums = Array.from({ length: sound.shape[0] ?? 0 }, (_, row) =>
        sound.data.subarray(row * 2, row * 2 + 2).reduce((sum, value) => sum + value, 0),
      );
      queueMicrotask(() => {
        if (Math.max(...sums) > most) return sink.onEnd(new MillraceError('unavailable', 'too much'));
        sink.onResponse({ ref: REF, id: '', outputs: [bytes('sum', [sums.length, 1], ...sums)], parameters: {} });
        sink.onEnd(undefined);
      });
      return NO_CREDIT;
    },
  };
  const principal = principalWith('p');
  const call = new Call({
    requestId: 'r',
    principal,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const result = runWindows(
    { engine, clock: new FakeClock() },
    {
      call,
      info: {
        ref: REF,
        signature: {
          inputs: [SOUND, spec('gain', [-1, 1]), spec('rate', [], { batchAxis: null })],
          outputs: [spec('sum', [-1, 1])],
        },
        maxBatchSize: 3,
        sequences: false,
        decoupled: false,
        ...info,
      } as ModelInfo,
      request: {
        id: 'mine',
        inputs: [tensor, bytes('gain', [1, 1], 9), bytes('rate', [], 8)],
        outputs: [{ name: 'sum', classificationCount: 2 }],
        parameters: {},
        priority: 0,
        queueTimeoutMs: undefined,
        sequence: undefined,
        ...request,
      },
      windows: { tensor, spec: SOUND },
    },
  );
  return { result, given, call };
}

describe('runWindows', () => {
  it('runs as many as the model takes at a time, and joins the answers', async () => {
    const { result, given, call } = run({ windows: 7 });
    expect(await result).toEqual({
      ref: REF,
      id: 'mine',
      outputs: [{ name: 'sum', datatype: 'UINT8', shape: [7, 1], data: Buffer.from([1, 5, 9, 13, 17, 21, 25]) }],
      parameters: {},
    });
    expect(given.map(({ inputs }) => inputs.map(({ shape }) => shape))).toEqual([
      [[3, 2], [3, 1], []],
      [[3, 2], [3, 1], []],
      [[1, 2], [1, 1], []],
    ]);
    // Classes are ranked in the whole answer.
    expect(given[0]?.outputs).toEqual([{ name: 'sum', classificationCount: 0 }]);
    expect(call.openChildren).toBe(0);
  });

  it('runs a model that keeps state on one after the other', async () => {
    const { result, given } = run({ windows: 3, info: { sequences: true } });
    expect((await result).outputs[0]?.shape).toEqual([3, 1]);
    const ids = new Set(given.map(({ sequence }) => sequence?.id));
    expect(ids.size).toBe(1);
    expect(given.map(({ sequence }) => [sequence?.start, sequence?.end])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
  });

  it('continues a sequence of the caller', async () => {
    const sequence = { id: 7n, start: false, end: false };
    const { result, given } = run({ windows: 2, info: { sequences: true }, request: { sequence } });
    await result;
    expect(given.map((part) => part.sequence)).toEqual([sequence, sequence]);
  });

  it('answers a list where the model has no rows', async () => {
    const outputs = [spec('sum', [1, 1], { batchAxis: null })];
    const { result } = run({
      windows: 2,
      info: { maxBatchSize: 0, signature: { inputs: [SOUND, spec('gain', [-1, 1]), spec('rate', [])], outputs } },
    });
    expect((await result).outputs[0]).toMatchObject({ shape: [2, 1, 1] });
  });

  it('ends with the first error, and asks for no more then', async () => {
    const { result, given, call } = run({ windows: 100, info: { sequences: true }, most: 10 });
    await expect(result).rejects.toThrow('too much');
    expect(given.length).toBeLessThan(30);
    expect(call.openChildren).toBe(0);
  });

  it('is not for models of many answers', async () => {
    await expect(run({ windows: 1, info: { decoupled: true } }).result).rejects.toMatchObject({
      code: 'unimplemented',
      message: "model 'm' may give several answers, which a sound cannot have",
    });
  });
});
