import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OnnxGraph, writeOnnx } from '../../../test/support/onnx-builder.js';
import { batchItem, numbersOf } from '../../../test/support/tensors.js';
import { createTestHost, INLINE, loadSpec, runBatch } from '../../../test/support/test-host.js';
import { bytesOf, packBytes, type Tensor } from '../../core/index.js';
import type { BatchItem } from '../batch.js';
import type { LoadSpec } from '../contract.js';
import type { Instance } from '../instance.js';
import type { ItemSequence, SequenceSpec } from '../sequence-spec.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-sequence-'));
const { host, load } = createTestHost();
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** `sum` adds up `x`; `planes` does so twice and three times, as [2, N, 1]; the controls come back as they were. */
const GRAPH: OnnxGraph = {
  inputs: [
    { name: 'x', type: 'int32', dims: ['N', 1] },
    { name: 'planes', type: 'int32', dims: [2, 'N', 1] },
    { name: 'sum', type: 'int32', dims: ['N', 1] },
    { name: 'START', type: 'int32', dims: ['N', 1] },
    { name: 'END', type: 'bool', dims: ['N', 1] },
    { name: 'READY', type: 'float32', dims: ['N'] },
    { name: 'CORRID', type: 'uint64', dims: ['N', 1] },
  ],
  outputs: [
    { name: 'y', type: 'int32', dims: ['N', 1] },
    { name: 'planes_out', type: 'int32', dims: [2, 'N', 1] },
    { name: 'first', type: 'int32', dims: ['N', 1] },
    { name: 'sum_out', type: 'int32', dims: ['N', 1] },
    { name: 'start', type: 'int32', dims: ['N', 1] },
    { name: 'end', type: 'bool', dims: ['N', 1] },
    { name: 'ready', type: 'float32', dims: ['N'] },
    { name: 'id', type: 'uint64', dims: ['N', 1] },
  ],
  nodes: [
    { op: 'Gather', inputs: ['table', 'x'], outputs: ['known'] },
    { op: 'Add', inputs: ['known', 'sum'], outputs: ['y'] },
    { op: 'Identity', inputs: ['y'], outputs: ['sum_out'] },
    { op: 'Mul', inputs: ['x', 'factors'], outputs: ['scaled'] },
    { op: 'Add', inputs: ['planes', 'scaled'], outputs: ['planes_out'] },
    { op: 'Gather', inputs: ['planes_out', 'one'], outputs: ['first'], attributes: { axis: 0 } },
    { op: 'Identity', inputs: ['START'], outputs: ['start'] },
    { op: 'Identity', inputs: ['END'], outputs: ['end'] },
    { op: 'Identity', inputs: ['READY'], outputs: ['ready'] },
    { op: 'Identity', inputs: ['CORRID'], outputs: ['id'] },
  ],
  initializers: [
    // A value of 100 and more fails inside the graph.
    { name: 'table', type: 'int32', dims: [100], data: Int32Array.from({ length: 100 }, (_, index) => index) },
    { name: 'factors', type: 'int32', dims: [2, 1, 1], data: Int32Array.of(2, 3) },
    { name: 'one', type: 'int32', dims: [], data: Int32Array.of(1) },
  ],
};

const SEQUENCE: SequenceSpec = {
  controls: [
    { name: 'START', kind: 'start', datatype: 'INT32', falseTrue: [-1, 1] },
    { name: 'END', kind: 'end', datatype: 'BOOL', falseTrue: [0, 1] },
    { name: 'READY', kind: 'ready', datatype: 'FP32', falseTrue: [0, 0.5] },
    { name: 'CORRID', kind: 'correlation_id', datatype: 'UINT64', falseTrue: [0, 1] },
  ],
  states: [
    {
      inputName: 'planes',
      outputName: 'planes_out',
      shown: false,
      datatype: 'INT32',
      shape: [2, 1, 1],
      batchAxis: 1,
      initial: undefined,
    },
    {
      inputName: 'sum',
      outputName: 'sum_out',
      shown: false,
      datatype: 'INT32',
      shape: [1, 1],
      batchAxis: 0,
      initial: Buffer.from(Int32Array.of(1_000).buffer).toString('base64'),
    },
  ],
};

let file: string;
let spec: LoadSpec;
beforeAll(() => {
  file = writeOnnx(path.join(folder, 'accumulate.onnx'), GRAPH);
  spec = loadSpec({ runtime: 'onnx', path: file, maxBatchSize: 8, sequence: SEQUENCE });
});

const int32 = (name: string, values: readonly number[]): Tensor => ({
  name,
  datatype: 'INT32',
  shape: [values.length, 1],
  data: bytesOf(Int32Array.from(values)),
});

let lastId = 0;
function step(slot: number, value: number, flags: Partial<ItemSequence> = {}): BatchItem {
  const sequence = { slot, start: false, end: false, id: BigInt(slot), ...flags };
  return { ...batchItem(++lastId, [int32('x', [value])]), sequence };
}

/** By item, its outputs by name, or its error. */
async function run(instance: Instance, items: readonly BatchItem[], outputs?: readonly string[]) {
  const { emissions } = await runBatch(instance, items, { outputs });
  return items.map(({ callId }) => {
    const [emission, ...more] = emissions.filter((candidate) => candidate.callId === callId);
    expect(more).toEqual([]);
    expect(emission?.final).toBe(true);
    if (emission?.error !== undefined) return emission.error;
    return Object.fromEntries(emission?.outputs.map((tensor) => [tensor.name, numbersOf(tensor)[0]]) ?? []);
  });
}

const START = { start: true };

describe('a model whose states and controls are tensors', () => {
  test('shows clients the rest of its tensors, with a batch axis where they count rows', async () => {
    const { description } = await load(spec, INLINE);
    expect(description).toMatchObject({ stateful: true, decoupled: false, pure: true });
    expect(description.signature.inputs.map(({ name, batchAxis }) => [name, batchAxis])).toEqual([['x', 0]]);
    expect(description.signature.outputs.map(({ name, batchAxis }) => [name, batchAxis])).toEqual([
      ['y', 0],
      ['first', 0],
      ['start', 0],
      ['end', 0],
      ['ready', 0],
      ['id', 0],
    ]);
  });

  test('keeps the states of each slot, whatever they are batched with', async () => {
    const model = await load(spec, INLINE);
    expect(await run(model, [step(3, 1, START), step(0, 10, START)], ['first', 'y'])).toEqual([
      { y: 1_001, first: 3 },
      { y: 1_010, first: 30 },
    ]);
    expect(await run(model, [step(0, 5), step(7, 2, START), step(3, 4)], ['y', 'first'])).toEqual([
      { y: 1_015, first: 45 },
      { y: 1_002, first: 6 },
      { y: 1_005, first: 15 },
    ]);
    expect(await run(model, [step(7, 3)], ['y', 'first'])).toEqual([{ y: 1_005, first: 15 }]);
  });

  test('says where each row stands', async () => {
    const model = await load(spec, INLINE);
    const items = [step(1, 1, { start: true, end: true, id: 2n ** 64n - 1n }), step(2, 1, START)];
    expect(await run(model, items, ['start', 'end', 'ready', 'id'])).toEqual([
      { start: 1, end: 1, ready: 0.5, id: 2n ** 64n - 1n },
      { start: 1, end: 0, ready: 0.5, id: 2n },
    ]);
    expect(await run(model, [step(2, 1)], ['start'])).toEqual([{ start: -1 }]);
  });

  test('forgets a state at the end of its sequence and begins anew with the next', async () => {
    const model = await load(spec, INLINE);
    await run(model, [step(0, 1, START)]);
    await run(model, [step(0, 1, { end: true })]);
    const message = 'no sequence has been started in slot 0';
    expect(await run(model, [step(0, 1), step(1, 4, START)], ['y'])).toEqual([
      { code: 'invalid_argument', message },
      { y: 1_004 },
    ]);
    expect(await run(model, [step(0, 2, START)], ['y'])).toEqual([{ y: 1_002 }]);
    expect(await run(model, [step(0, 3, START)], ['y'])).toEqual([{ y: 1_003 }]);
  });

  test('a run that fails leaves every state as it was', async () => {
    const model = await load(spec, INLINE);
    await run(model, [step(0, 1, START), step(1, 2, START)]);
    await expect(run(model, [step(0, 5), step(1, 100)])).rejects.toThrow('the model failed: Non-zero status code');
    await expect(run(model, [step(0, 100, START)])).rejects.toThrow('the model failed: Non-zero status code');
    expect(await run(model, [step(0, 10), step(1, 20)], ['y', 'first'])).toEqual([
      { y: 1_011, first: 33 },
      { y: 1_022, first: 66 },
    ]);
  });

  test('takes rows of no sequence, as a warm-up sends them, and keeps nothing of them', async () => {
    const model = await load(spec, INLINE);
    const { emissions } = await runBatch(model, [batchItem(1, [int32('x', [1, 2, 3])], { rows: 3 })]);
    const outputs = new Map(emissions[0]?.outputs.map((tensor) => [tensor.name, numbersOf(tensor)]));
    expect(outputs.get('y')).toEqual([1_001, 1_002, 1_003]);
    expect(outputs.get('id')).toEqual([0n, 0n, 0n]);
  });

  test('shows each client the state of its own sequence where it is to be shown', async () => {
    const states = SEQUENCE.states.map((state) => ({ ...state, shown: true }));
    const model = await load({ ...spec, sequence: { ...SEQUENCE, states } }, INLINE);
    const shown = model.description.signature.outputs.filter(({ name }) => name.endsWith('_out'));
    expect(shown.map(({ name, shape, batchAxis }) => [name, shape, batchAxis])).toEqual([
      ['planes_out', [2, -1, 1], null],
      ['sum_out', [-1, 1], 0],
    ]);
    await run(model, [step(0, 1, START), step(1, 10, START)], ['y']);
    const { emissions } = await runBatch(model, [step(0, 2), step(1, 20)], { outputs: ['sum_out', 'planes_out'] });
    expect(
      emissions.map(({ outputs }) => Object.fromEntries(outputs.map((tensor) => [tensor.name, numbersOf(tensor)]))),
    ).toEqual([
      { planes_out: [6, 9], sum_out: [1_003] },
      { planes_out: [60, 90], sum_out: [1_030] },
    ]);
  });

  test('runs one sequence at a time where the model does not batch', async () => {
    const fixed = JSON.parse(JSON.stringify(GRAPH).replaceAll('"N"', '1')) as OnnxGraph;
    const initializers = GRAPH.initializers ?? [];
    const single = writeOnnx(path.join(folder, 'single.onnx'), { ...fixed, initializers });
    const states = SEQUENCE.states.map((state) => ({ ...state, batchAxis: null }));
    const model = await load({ ...spec, path: single, maxBatchSize: 0, sequence: { ...SEQUENCE, states } }, INLINE);
    await run(model, [step(0, 1, START), step(1, 2, START)]);
    const [good, bad] = await run(model, [step(0, 10), step(1, 100)], ['y']);
    expect(good).toEqual({ y: 1_011 });
    expect(bad).toMatchObject({ code: 'internal' });
    expect(await run(model, [step(1, 20)], ['y'])).toEqual([{ y: 1_022 }]);
  });
});

describe('states that grow', () => {
  const growing: OnnxGraph = {
    inputs: [
      { name: 'x', type: 'int32', dims: ['N', 1] },
      { name: 'seen', type: 'int32', dims: ['N', 'T'] },
    ],
    outputs: [
      { name: 'seen_out', type: 'int32', dims: ['N', 'T1'] },
      { name: 'total', type: 'int32', dims: ['N', 1] },
    ],
    nodes: [
      { op: 'Concat', inputs: ['seen', 'x'], outputs: ['seen_out'], attributes: { axis: 1 } },
      { op: 'ReduceSum', inputs: ['seen_out', 'axes'], outputs: ['total'], attributes: { keepdims: 1 } },
    ],
    initializers: [{ name: 'axes', type: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
  };

  test('only sequences with states of one shape share a run', async () => {
    const state = { inputName: 'seen', outputName: 'seen_out', shown: false, datatype: 'INT32', batchAxis: 0 } as const;
    const sequence: SequenceSpec = { controls: [], states: [{ ...state, shape: [1, 0], initial: undefined }] };
    const grows = writeOnnx(path.join(folder, 'growing.onnx'), growing);
    const model = await load(loadSpec({ runtime: 'onnx', path: grows, maxBatchSize: 8, sequence }), INLINE);
    await run(model, [step(0, 1, START)]);
    await run(model, [step(0, 2), step(1, 10, START)]);
    expect(await run(model, [step(0, 3), step(1, 20), step(2, 7, START)])).toEqual([
      { total: 6 },
      { total: 30 },
      { total: 7 },
    ]);
  });
});

test('a model that knows more of its items than tensors gets each with its own controls and states', async () => {
  const text = (name: string) => ({ name, datatype: 'BYTES', shape: [-1, 1], batchAxis: 0, optional: false }) as const;
  const state = {
    inputName: 'before',
    outputName: 'after',
    shown: false,
    datatype: 'BYTES',
    shape: [1, 1],
    batchAxis: 0,
  } as const;
  const model = await load(
    loadSpec({
      runtime: 'echo',
      options: { mode: 'repeat' },
      maxBatchSize: 4,
      // Input i comes back as output i: the id is what the next step gets as its state.
      declared: { inputs: [text('before'), text('id')], outputs: [text('told'), text('after')] },
      sequence: {
        controls: [{ name: 'id', kind: 'correlation_id', datatype: 'BYTES', falseTrue: [0, 1] }],
        states: [{ ...state, initial: undefined }],
      },
    }),
    INLINE,
  );
  const items = (flags: object): BatchItem[] =>
    ['seven', 7n].map((id, slot) => ({
      ...batchItem(slot + 1, [], { parameters: { times: 1 } }),
      sequence: { slot, id, start: false, end: false, ...flags },
    }));
  const told = async (flags: object) => {
    const { emissions } = await runBatch(model, items(flags));
    return emissions.map(({ outputs }) => outputs);
  };
  const answer = (value: string) => [
    { name: 'told', datatype: 'BYTES', shape: [1, 1], data: packBytes([new TextEncoder().encode(value)]) },
  ];
  expect(await told(START)).toEqual([answer(''), answer('')]);
  expect(await told({})).toEqual([answer('seven'), answer('7')]);
  const refused = await runBatch(model, [
    { ...batchItem(9, []), sequence: { slot: 5, id: 1n, start: false, end: false } },
  ]);
  expect(refused.emissions.map(({ error }) => error?.message)).toEqual(['no sequence has been started in slot 5']);
});

test('a model that keeps state by itself needs no inputs for the controls', async () => {
  const x = { datatype: 'INT32', shape: [-1, 1], batchAxis: 0, optional: false } as const;
  const model = await load(
    loadSpec({
      runtime: 'echo',
      options: { mode: 'accumulate' },
      declared: { inputs: [{ ...x, name: 'x' }], outputs: [{ ...x, name: 'y' }] },
      sequence: { ...SEQUENCE, states: [] },
    }),
    INLINE,
  );
  expect(await run(model, [step(0, 1, START), step(1, 10, START)])).toEqual([{ y: 1 }, { y: 10 }]);
  expect(await run(model, [step(0, 2), step(1, 20)])).toEqual([{ y: 3 }, { y: 30 }]);
});

describe('a sequence section that the model file contradicts', () => {
  const [planes, sum] = SEQUENCE.states;
  const [start] = SEQUENCE.controls;
  test.each([
    [
      'an unknown control',
      { controls: [{ ...start, name: 'BEGIN' }] },
      "the model file has no input 'BEGIN'; it has 'x', 'planes', 'sum', 'START', 'END', 'READY', 'CORRID'",
    ],
    [
      'an unknown state output',
      { states: [{ ...sum, outputName: 'total' }] },
      "the model file has no output 'total'; it has 'y', 'planes_out', 'first', 'sum_out', 'start', 'end', 'ready', 'id'",
    ],
    [
      'another datatype',
      { controls: [{ ...start, datatype: 'FP32' }] },
      "control 'START' is configured as FP32, but it is INT32 in the model file",
    ],
    [
      'another shape',
      { states: [{ ...planes, shape: [3, 1, 1] }] },
      "state 'planes' is configured with shape [3,1,1], but it has shape [2,-1,1] in the model file",
    ],
    [
      'a batch axis that is none',
      { states: [{ ...planes, batchAxis: 0 }] },
      "state 'planes': the shape of one sequence must be 1 along batchAxis 0, got [2,1,1]",
    ],
    [
      'an initial state of another size',
      { states: [{ ...sum, initial: 'AAAA' }] },
      "the initial state of 'sum' has 3 bytes; INT32[1,1] needs 4",
    ],
  ])('%s', async (_what, changes, message) => {
    const sequence = { ...SEQUENCE, ...changes } as SequenceSpec;
    await expect(load({ ...spec, sequence }, INLINE)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `sequenceBatching: ${message}`,
    });
  });
});
