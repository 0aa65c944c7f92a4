import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { identityGraph, type OnnxGraph, type OnnxValue, writeOnnx } from '../../../test/support/onnx-builder.js';
import { loadSpec, noOtherModels } from '../../../test/support/test-host.js';
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
async function describeGraph(graph: OnnxGraph, maxBatchSize?: number) {
  files++;
  const file = writeOnnx(path.join(folder, `m${files}.onnx`), graph);
  const model = await runtime.load(loadSpec({ runtime: 'onnx', path: file, maxBatchSize }));
  return model.description;
}

async function batchAxes(graph: OnnxGraph, maxBatchSize?: number) {
  const { signature } = await describeGraph(graph, maxBatchSize);
  return [...signature.inputs, ...signature.outputs].map((spec) => spec.batchAxis);
}

function tensor(name: string, dims: OnnxValue['dims']): OnnxValue {
  return { name, type: 'float32', ...(dims === undefined ? {} : { dims }) };
}

/** `x → x_out` with the given dimensions. */
function renamed(input: OnnxValue['dims'], output: OnnxValue['dims']): OnnxGraph {
  return { ...identityGraph([tensor('x', input)]), outputs: [tensor('x_out', output)] };
}

describe('the batch axis', () => {
  test('needs a variable first dimension of every input and output', async () => {
    const pair = (dims: OnnxValue['dims']) => identityGraph([tensor('x', ['N', 2]), tensor('z', dims)]);
    expect(await batchAxes(pair(['N']))).toEqual([0, 0, 0, 0]);
    expect(await batchAxes(pair([1]))).toEqual([null, null, null, null]);
    expect(await batchAxes(pair([]))).toEqual([null, null, null, null]);
    expect(await batchAxes(identityGraph([tensor('x', undefined)]))).toEqual([null, null]);
  });

  test('is found by a run where first dimensions have different names', async () => {
    expect(await batchAxes(renamed(['batch', 2], ['Gemmoutput_dim_0', 2]))).toEqual([0, 0]);
    const doubling: OnnxGraph = {
      inputs: [tensor('x', ['tokens', 2])],
      outputs: [tensor('x_out', ['texts', 2])],
      nodes: [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['x_out'], attributes: { axis: 0 } }],
    };
    expect(await batchAxes(doubling)).toEqual([null, null]);
  });

  test('is none where an input is a shape, which is as long beside any number of rows', async () => {
    const shaped = (op: string): OnnxGraph => ({
      inputs: [tensor('x', ['N', 'K']), { name: 's', type: 'int64', dims: ['R'] }],
      outputs: [tensor('y', ['A', 'B'])],
      nodes: [{ op, inputs: ['x', 's'], outputs: ['y'] }],
    });
    expect(await batchAxes(shaped('Reshape'))).toEqual([null, null, null]);
    expect(await batchAxes(shaped('Expand'))).toEqual([null, null, null]);
  });

  test('is there where an input of integers has one for each row, whatever the names say', async () => {
    const graph: OnnxGraph = {
      inputs: [tensor('x', ['N', 2]), { name: 'ids', type: 'int64', dims: ['M'] }],
      outputs: [tensor('y', ['O', 2])],
      nodes: [
        { op: 'Cast', inputs: ['ids'], outputs: ['numbers'], attributes: { to: 1 } },
        { op: 'Unsqueeze', inputs: ['numbers', 'axes'], outputs: ['column'] },
        { op: 'Mul', inputs: ['x', 'column'], outputs: ['y'] },
      ],
      initializers: [{ name: 'axes', type: 'int64', dims: [1], data: BigInt64Array.of(1n) }],
    };
    expect(await batchAxes(graph)).toEqual([0, 0, 0]);
  });

  test('is found by a run where other dimensions are variable too', async () => {
    expect(await batchAxes(renamed(['tokens', 'time'], ['texts', 'time']))).toEqual([0, 0]);
  });

  test('is none where one row changes what becomes of another, whatever the names say', async () => {
    const centring: OnnxGraph = {
      inputs: [tensor('x', ['batch', 3])],
      outputs: [tensor('y', ['batch', 3])],
      nodes: [
        { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
        { op: 'Sub', inputs: ['x', 'mean'], outputs: ['y'] },
      ],
    };
    expect(await batchAxes(centring)).toEqual([null, null]);
    expect(await batchAxes(centring, 8)).toEqual([0, 0]);
    expect((await describeGraph(centring, 8)).batchInvariant).toBe(false);
  });

  test('is not the first where another one is called batch', async () => {
    expect(await batchAxes(renamed(['sequence', 'batch_size', 4], ['sequence', 'batch_size', 4]))).toEqual([
      null,
      null,
    ]);
    expect(await batchAxes(renamed(['batch_size', 'sequence', 4], ['batch_size', 'sequence', 4]))).toEqual([0, 0]);
  });

  test('is found for texts too', async () => {
    const text: OnnxValue = { name: 't', type: 'string', dims: ['', 1] };
    expect(await batchAxes(identityGraph([text]))).toEqual([0, 0]);
  });

  test('is there where an output is said to have one row, and a run shows that it has one for each', async () => {
    const { signature } = await describeGraph(renamed(['', 2], [1, 2]));
    expect(signature.outputs[0]).toMatchObject({ shape: [-1, 2], batchAxis: 0 });
    const summing: OnnxGraph = {
      inputs: [tensor('x', ['N', 2])],
      outputs: [tensor('y', [1, 2])],
      nodes: [{ op: 'ReduceMean', inputs: ['x'], outputs: ['y'], attributes: { axes: [0] } }],
    };
    expect((await describeGraph(summing)).signature.outputs[0]).toMatchObject({ shape: [1, 2], batchAxis: null });
  });

  test('goes by the names where no run can tell', async () => {
    expect(await batchAxes(renamed(['tokens', 3_000_000], ['texts', 3_000_000]))).toEqual([null, null]);
    expect(await batchAxes(renamed(['unk__7', 3_000_000], ['batch', 3_000_000]))).toEqual([0, 0]);
  });

  test('is as the configuration declares it', async () => {
    expect(await batchAxes(renamed(['tokens', 'time'], ['texts', 'time']), 8)).toEqual([0, 0]);
    expect(await batchAxes(renamed(['N', 2], ['N', 2]), 0)).toEqual([null, null]);
  });
});

test('numbers depend on batch-mates where a graph quantises dynamically', async () => {
  const quantizing: OnnxGraph = {
    inputs: [tensor('x', ['N', 2])],
    outputs: [{ name: 'q', type: 'uint8', dims: ['N', 2] }],
    nodes: [{ op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'scale', 'zero'] }],
  };
  expect((await describeGraph(quantizing)).batchInvariant).toBe(false);
  expect((await describeGraph(renamed(['N', 2], ['N', 2]))).batchInvariant).toBe(true);
});
