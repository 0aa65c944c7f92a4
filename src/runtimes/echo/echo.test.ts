import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { batchItem, fp32, numbersOf } from '../../../test/support/tensors.js';
import { loadSpec, noOtherModels, runBatch } from '../../../test/support/test-host.js';
import type { Datatype, Signature, Tensor, TensorSpec } from '../../core/index.js';
import type { BatchItem, Emission } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import { createRuntime } from './index.js';

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const spec = (name: string, datatype: Datatype = 'FP32'): TensorSpec => ({
  name,
  datatype,
  shape: [-1],
  batchAxis: 0,
  optional: true,
});
const pair = (datatype: Datatype = 'FP32'): Signature => ({
  inputs: [spec('a', datatype), spec('b', datatype)],
  outputs: [spec('y', datatype), spec('z', datatype)],
});

function load(options: Record<string, unknown>, declared: Signature | undefined = pair()): Promise<LoadedModel> {
  const runtime = createRuntime({ clock, isolated: false, report: () => undefined, callModel: noOtherModels });
  return runtime.load(loadSpec({ runtime: 'echo', options, declared }));
}

test('an input that is left out has no output', async () => {
  const { emissions } = await runBatch(await load({}), [batchItem(1, [fp32('b', [1], [5])])]);
  expect(emissions[0]?.outputs).toEqual([fp32('z', [1], [5])]);
});

test('delayMs is how long a batch, or each round of answers, takes', async () => {
  const model = await load({ mode: 'repeat', delayMs: 100 });
  const answers: Emission[] = [];
  const items = [batchItem(1, [fp32('a', [1], [1])], { parameters: { times: 2 } })];
  const run = model.execute({ id: 1, items, rows: 1, outputs: undefined }, (emitted) => void answers.push(...emitted));
  await clock.advance(99);
  expect(answers).toHaveLength(0);
  await clock.advance(1);
  expect(answers).toHaveLength(1);
  await clock.advance(100);
  expect(answers).toHaveLength(2);
  expect(await run).toEqual({ computeInputMs: 0, computeInferMs: 200, computeOutputMs: 0 });
});

test('a cancelled item ends with its next answer, its neighbour does not', async () => {
  const model = await load({ mode: 'repeat', delayMs: 10 });
  const answers: Emission[] = [];
  const items = [1, 2].map((callId) => batchItem(callId, [], { parameters: { times: 5 } }));
  const run = model.execute({ id: 1, items, rows: 2, outputs: undefined }, (emitted) => void answers.push(...emitted));
  await clock.advance(10);
  model.cancel(1);
  await clock.advance(50);
  await run;
  expect(answers.filter((answer) => answer.callId === 1)).toEqual([
    { callId: 1, outputs: [], parameters: { round: 1 }, final: false },
    { callId: 1, outputs: [], error: { code: 'cancelled', message: 'the request was cancelled' }, final: true },
  ]);
  expect(answers.filter((answer) => answer.callId === 2)).toHaveLength(5);
});

describe('faults', () => {
  const faulty = (fault: string) => batchItem(1, [fp32('a', [1], [1])], { parameters: { fault } });

  test('are committed only where the configuration allows them', async () => {
    const { emissions } = await runBatch(await load({}), [faulty('raise')]);
    expect(emissions[0]?.error).toBeUndefined();
  });

  test.each(['hang', 'exit', 'abort', 'allocate', 'throwLater', 'rejectLater'])(
    "'%s' is refused in the serving thread",
    async (fault) => {
      const { emissions } = await runBatch(await load({ faults: true }), [faulty(fault)]);
      expect(emissions[0]?.error).toEqual({
        code: 'failed_precondition',
        message: `echo: fault '${fault}' needs placement 'process'`,
      });
    },
  );

  test('of an unknown kind are refused', async () => {
    const { emissions } = await runBatch(await load({ faults: true }), [faulty('melt')]);
    expect(emissions[0]?.error).toEqual({
      code: 'invalid_argument',
      message:
        "parameter 'fault': expected one of raise, raiseItem, hang, exit, abort, allocate, throwLater, rejectLater, got 'melt'",
      subject: { parameter: 'fault' },
    });
  });
});

describe('accumulate', () => {
  const numbers = (datatype: Datatype, data: Uint8Array): Tensor => ({ name: 'a', datatype, shape: [1], data });
  const inSequence = (tensor: Tensor, start: boolean): BatchItem => ({
    ...batchItem(1, [tensor]),
    sequence: { slot: 0, start, end: false, id: 1n },
  });
  const sumOf = async (model: LoadedModel, item: BatchItem) => {
    const { emissions } = await runBatch(model, [item]);
    return emissions[0]?.error?.message ?? numbersOf(emissions[0]?.outputs[0])[0];
  };

  test('adds integers beyond 2^53 exactly', async () => {
    const model = await load({ mode: 'accumulate' }, pair('INT64'));
    const big = numbers('INT64', new Uint8Array(new BigInt64Array([9_007_199_254_740_993n]).buffer));
    await sumOf(model, inSequence(big, true));
    expect(await sumOf(model, inSequence(big, false))).toBe(18_014_398_509_481_986n);
  });

  test('leaves what it is given as it is, also where that is a Buffer', async () => {
    const model = await load({ mode: 'accumulate' });
    const input = numbers('FP32', Buffer.from(new Uint8Array(new Float32Array([2]).buffer)));
    await sumOf(model, inSequence(input, true));
    expect(await sumOf(model, inSequence(input, false))).toBe(4);
    expect(numbersOf(input)).toEqual([2]);
    expect(await sumOf(model, inSequence(input, false))).toBe(6);
  });

  test('refuses another shape than at the start', async () => {
    const model = await load({ mode: 'accumulate' });
    await sumOf(model, inSequence(fp32('a', [1], [1]), true));
    expect(await sumOf(model, inSequence(fp32('a', [2], [1, 2]), false))).toBe(
      "echo: input 'a': expected FP32[1] as at the start of the sequence, got FP32[2]",
    );
  });

  test('answers a request without a sequence by itself', async () => {
    const model = await load({ mode: 'accumulate' });
    expect(await sumOf(model, batchItem(1, [fp32('a', [1], [4])]))).toBe(4);
  });
});

describe('a declaration is refused', () => {
  test.each([
    ['without inputs', { inputs: [], outputs: [] }, 'echo: declare its inputs and outputs in the model configuration'],
    [
      'with another number of outputs',
      { ...pair(), outputs: [spec('y')] },
      'echo: expected as many outputs as inputs, got 1 outputs and 2 inputs',
    ],
    [
      'with another type of output',
      { ...pair(), outputs: [spec('y'), spec('z', 'INT8')] },
      "echo: output 'z' is INT8, its input 'b' FP32",
    ],
    ['with texts to add up', pair('BYTES'), "echo: mode accumulate cannot add up BYTES (input 'a')"],
  ])('%s', async (_label, declared, message) => {
    await expect(load({ mode: 'accumulate' }, declared)).rejects.toMatchObject({ code: 'invalid_argument', message });
  });
});
