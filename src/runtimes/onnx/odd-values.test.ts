import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { closeTo } from '../../../test/support/close-to.js';
import { identityGraph, type OnnxGraph, type OnnxValue, writeOnnx } from '../../../test/support/onnx-builder.js';
import { batchItem, fp32, numbersOf } from '../../../test/support/tensors.js';
import { loadSpec, noOtherModels, runBatch } from '../../../test/support/test-host.js';
import { systemClock } from '../../core/index.js';
import { createRuntime } from './index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runtime = createRuntime({
  clock: systemClock,
  isolated: true,
  report: () => undefined,
  callModel: noOtherModels,
});

let files = 0;
function load(graph: OnnxGraph, maxBatchSize?: number) {
  files++;
  const file = writeOnnx(path.join(folder, `m${files}.onnx`), graph);
  return runtime.load(loadSpec({ runtime: 'onnx', path: file, maxBatchSize }));
}

const tensor = (name: string, dims: OnnxValue['dims']): OnnxValue => ({
  name,
  type: 'float32',
  ...(dims === undefined ? {} : { dims }),
});

/** A linear classifier of two features and two classes, as scikit-learn's converter writes it. */
function zipMapGraph(labels: Readonly<Record<string, readonly number[] | { readonly strings: readonly string[] }>>) {
  const keys = 'classlabels_strings' in labels ? 'string' : 'int64';
  const graph: OnnxGraph = {
    inputs: [tensor('X', ['', 2])],
    outputs: [tensor('scores', ['', 2]), { name: 'proba', type: 'float32', dims: [], container: 'sequence', keys }],
    nodes: [
      { op: 'Softmax', inputs: ['X'], outputs: ['probabilities'] },
      { op: 'Identity', inputs: ['X'], outputs: ['scores'] },
      { op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['probabilities'], outputs: ['proba'], attributes: labels },
    ],
    opsets: { 'ai.onnx.ml': 1 },
  };
  return graph;
}

describe('probabilities behind a ZipMap', () => {
  test.each([
    ['numbers', { classlabels_int64s: [3, -7] }, ['3', '-7']],
    ['texts', { classlabels_strings: { strings: ['cat', 'dog'] } }, ['cat', 'dog']],
  ])('are served as a tensor, with %s as labels', async (_label, attributes, labels) => {
    const model = await load(zipMapGraph(attributes));
    const { signature } = model.description;
    expect(signature.leftOut).toBeUndefined();
    expect(signature.outputs[1]).toMatchObject({
      name: 'proba',
      datatype: 'FP32',
      shape: [-1, 2],
      batchAxis: 0,
      labels,
    });
    const { emissions } = await runBatch(model, [
      batchItem(1, [fp32('X', [1, 2], [0, 0])]),
      batchItem(2, [fp32('X', [2, 2], [0, 1000, 1000, 0])], { rows: 2 }),
    ]);
    expect(emissions.map(({ outputs }) => numbersOf(outputs[1]))).toEqual([closeTo([0.5, 0.5]), closeTo([0, 1, 1, 0])]);
  });
});

describe('an output that is no tensor', () => {
  const split: OnnxGraph = {
    inputs: [tensor('x', ['N', 2])],
    outputs: [{ ...tensor('parts', undefined), container: 'sequence' }, tensor('y', ['N', 2])],
    nodes: [
      { op: 'SplitToSequence', inputs: ['x'], outputs: ['parts'] },
      { op: 'Identity', inputs: ['x'], outputs: ['y'] },
    ],
  };

  test('is left out where others can be served', async () => {
    const model = await load(split);
    const { signature } = model.description;
    expect(signature.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(signature.leftOut).toEqual([
      {
        name: 'parts',
        reason:
          'is a sequence of tensors, and only tensors can be served: ' +
          'export the model with one tensor, such as that of ConcatFromSequence, as output',
      },
    ]);
    const { emissions } = await runBatch(model, [batchItem(1, [fp32('x', [1, 2], [5, 6])])]);
    expect(emissions[0]?.outputs.map(numbersOf)).toEqual([[5, 6]]);
  });

  test('is refused with the remedy where it is the only one', async () => {
    const only = { ...split, outputs: split.outputs.slice(0, 1) };
    await expect(load(only)).rejects.toMatchObject({
      code: 'unimplemented',
      message:
        "output 'parts' is a sequence of tensors, and only tensors can be served: " +
        'export the model with one tensor, such as that of ConcatFromSequence, as output',
    });
  });
});

test('a model without outputs is refused', async () => {
  await expect(load({ ...identityGraph([tensor('x', ['N'])]), outputs: [] })).rejects.toMatchObject({
    code: 'unimplemented',
    message: 'the model has no output, so nothing of it can be served',
  });
});

test('an output that a graph names twice is served once', async () => {
  const graph = identityGraph([tensor('x', ['N'])]);
  const { description } = await load({ ...graph, outputs: [...graph.outputs, ...graph.outputs] });
  expect(description.signature.outputs.map(({ name }) => name)).toEqual(['x_out']);
});

test.each([
  [
    'sequence',
    'ConcatFromSequence',
    'is a sequence of tensors',
    'export the model with an input for each element, or with one tensor of them all',
  ],
  ['optional', 'OptionalGetElement', 'is an optional tensor', 'export the model with the tensor itself as input'],
] as const)('an input that is of type %s is refused with the remedy', async (container, op, what, remedy) => {
  const graph: OnnxGraph = {
    opset: 18,
    inputs: [{ ...tensor('x', ['N']), container }],
    outputs: [tensor('y', ['N'])],
    nodes: [{ op, inputs: ['x'], outputs: ['y'], attributes: op === 'ConcatFromSequence' ? { axis: 0 } : {} }],
  };
  await expect(load(graph)).rejects.toMatchObject({
    code: 'unimplemented',
    message: `input 'x' ${what}, and only tensors can be served: ${remedy}`,
  });
});

describe('a tensor without a shape in the file', () => {
  const ranks = async (graph: OnnxGraph, maxBatchSize?: number) => {
    const { inputs, outputs } = (await load(graph, maxBatchSize)).description.signature;
    return [...inputs, ...outputs].map(({ shape, rankUnknown, batchAxis }) => ({ shape, rankUnknown, batchAxis }));
  };

  test('is of unknown rank, and a scalar is not', async () => {
    expect(await ranks(identityGraph([tensor('x', undefined)]))).toEqual([
      { shape: [], rankUnknown: true, batchAxis: null },
      { shape: [], rankUnknown: true, batchAxis: null },
    ]);
    expect(await ranks(identityGraph([tensor('x', [])]))).toEqual([
      { shape: [], batchAxis: null },
      { shape: [], batchAxis: null },
    ]);
  });

  test('has a batch dimension where the configuration says so', async () => {
    expect((await ranks(identityGraph([tensor('x', undefined)]), 8)).map(({ batchAxis }) => batchAxis)).toEqual([0, 0]);
  });

  test('has the rank that a run shows, if it is an output', async () => {
    const places: OnnxGraph = {
      inputs: [{ name: 'x', type: 'int64', dims: [3] }],
      outputs: [{ name: 'y', type: 'int64' }],
      nodes: [
        { op: 'NonZero', inputs: ['x'], outputs: ['indices'] },
        { op: 'Squeeze', inputs: ['indices'], outputs: ['y'] },
      ],
    };
    const [, y] = await ranks(places);
    expect(y).toEqual({ shape: [-1], batchAxis: null });
  });
});
