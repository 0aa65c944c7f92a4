import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { identityGraph, type OnnxGraph, type OnnxType } from '../../../test/support/onnx-builder.js';
import { OnnxFixture, x } from '../../../test/support/onnx-fixture.js';
import { batchItem, fp32, numbersOf, texts } from '../../../test/support/tensors.js';
import { runBatch } from '../../../test/support/test-host.js';
import type { Datatype, Tensor } from '../../core/index.js';
import type { LoadSpec } from '../contract.js';
import { explainLoadError } from './errors.js';

const onnx = new OnnxFixture();
const { runtime } = onnx;
const specOf = (graph: OnnxGraph, changes?: Partial<LoadSpec>) => onnx.specOf(graph, changes);
const load = (graph: OnnxGraph, changes?: Partial<LoadSpec>) => onnx.load(graph, changes);
afterAll(() => onnx.remove());

describe('the signature', () => {
  test('has the dimensions and their names as in the file', async () => {
    const { description } = await load(identityGraph([x(['N', 3, 'time', ''])]));
    expect(description).toEqual({
      signature: {
        inputs: [
          {
            name: 'x',
            datatype: 'FP32',
            shape: [-1, 3, -1, -1],
            batchAxis: 0,
            optional: false,
            dimNames: ['N', '', 'time', ''],
          },
        ],
        outputs: [
          {
            name: 'x_out',
            datatype: 'FP32',
            shape: [-1, 3, -1, -1],
            batchAxis: 0,
            optional: false,
            dimNames: ['N', '', 'time', ''],
          },
        ],
      },
      pure: true,
      batchInvariant: true,
      decoupled: false,
      stateful: false,
      concurrency: 1,
      needsEventLoop: false,
      readsInPlace: true,
      wantsContext: false,
      textOnly: true,
      platform: 'onnxruntime_onnx',
    });
  });
});

describe('datatypes', () => {
  const types: readonly (readonly [OnnxType, Datatype, Uint8Array])[] = [
    ['bool', 'BOOL', new Uint8Array([0, 1])],
    ['uint8', 'UINT8', new Uint8Array([0, 255])],
    ['uint16', 'UINT16', bytes(new Uint16Array([1, 65_535]))],
    ['uint32', 'UINT32', bytes(new Uint32Array([1, 4_294_967_295]))],
    ['uint64', 'UINT64', bytes(new BigUint64Array([1n, 18_446_744_073_709_551_615n]))],
    ['int8', 'INT8', bytes(new Int8Array([-128, 127]))],
    ['int16', 'INT16', bytes(new Int16Array([-32_768, 32_767]))],
    ['int32', 'INT32', bytes(new Int32Array([-2_147_483_648, 2_147_483_647]))],
    ['int64', 'INT64', bytes(new BigInt64Array([-9_223_372_036_854_775_808n, 9_007_199_254_740_993n]))],
    // 1, and a NaN with a payload, as raw bits.
    ['float16', 'FP16', bytes(new Uint16Array([0x3c00, 0x7e01]))],
    ['float32', 'FP32', bytes(new Float32Array([-0, Number.NaN]))],
    ['float64', 'FP64', bytes(new Float64Array([Number.MIN_VALUE, Number.NEGATIVE_INFINITY]))],
    ['string', 'BYTES', texts('x', [2], ['', 'Grüße, 世界 🌍']).data],
  ];

  test.each(types)('%s tensors pass as %s, bit by bit', async (type, datatype, data) => {
    const model = await load(identityGraph([{ name: 'x', type, dims: ['N'] }]));
    const input: Tensor = { name: 'x', datatype, shape: [2], data };
    const single = await runBatch(model, [batchItem(1, [input], { rows: 2 })]);
    expect(single.emissions[0]?.outputs).toEqual([{ ...input, name: 'x_out', data: expect.anything() }]);
    expect(hex(single.emissions[0]?.outputs[0]?.data)).toBe(hex(data));
    const batched = await runBatch(model, [batchItem(1, [input], { rows: 2 }), batchItem(2, [input], { rows: 2 })]);
    expect(batched.emissions.map((emission) => hex(emission.outputs[0]?.data))).toEqual([hex(data), hex(data)]);
  });

  test.each([['BFLOAT16', { name: 'x', type: 'bfloat16', dims: ['N'] } as const]])(
    '%s is refused by name',
    async (name, value) => {
      const spec = specOf(identityGraph([value]));
      await expect(runtime.load(spec)).rejects.toMatchObject({
        code: 'unimplemented',
        message: `'${path.basename(spec.path)}' has an input or output of type ${name}, which onnxruntime-node cannot hold: put a Cast to FLOAT there before the export`,
      });
    },
  );

  test('data that is not aligned to its type is copied, not misread', async () => {
    const model = await load(identityGraph([x(['N'])]));
    const shifted = new Uint8Array(9);
    shifted.set(fp32('x', [2], [1.5, -2]).data, 1);
    const input: Tensor = { name: 'x', datatype: 'FP32', shape: [2], data: shifted.subarray(1) };
    const { emissions } = await runBatch(model, [batchItem(1, [input], { rows: 2 })]);
    expect(numbersOf(emissions[0]?.outputs[0])).toEqual([1.5, -2]);
  });

  test('scalars and empty tensors pass', async () => {
    const model = await load(identityGraph([x([]), { name: 'e', type: 'float32', dims: ['N', 0] }]));
    const { emissions } = await runBatch(model, [batchItem(1, [fp32('x', [], [4]), fp32('e', [3, 0], [])])]);
    expect(emissions[0]?.outputs.map((output) => [output.shape, numbersOf(output)])).toEqual([
      [[], [4]],
      [[3, 0], []],
    ]);
  });
});

describe('texts', () => {
  const model = () => load(identityGraph([{ name: 's', type: 'string', dims: ['N'] }]));
  const raw = (element: Uint8Array): Tensor => ({
    name: 's',
    datatype: 'BYTES',
    shape: [1],
    data: Uint8Array.from([element.length, 0, 0, 0, ...element]),
  });

  test.each([
    ['invalid UTF-8', new Uint8Array([0xff]), "input 's': element 0 is not valid UTF-8; expected text"],
    ['a NUL byte', new Uint8Array([65, 0, 66]), "input 's': element 0 contains a NUL byte; expected text"],
  ])('with %s are refused', async (_label, element, message) => {
    const run = runBatch(await model(), [batchItem(1, [raw(element)])]);
    await expect(run).rejects.toMatchObject({ code: 'invalid_argument', message });
  });

  test('of a batch are given back to whom they belong', async () => {
    const items = [['a', 'bb'], ['ccc'], ['', 'd']].map((words, index) =>
      batchItem(index, [texts('s', [words.length], words)], { rows: words.length }),
    );
    const { emissions } = await runBatch(await model(), items);
    expect(emissions.map((emission) => hex(emission.outputs[0]?.data))).toEqual(
      items.map((item) => hex(item.inputs[0]?.data)),
    );
  });
});

describe('a batch', () => {
  test('of contiguous views and one of scattered tensors give the same', async () => {
    const model = await load(identityGraph([x(['N', 2])]));
    const all = fp32('x', [3, 2], [1, 2, 3, 4, 5, 6]).data;
    const contiguous = [0, 1, 2].map((row) =>
      batchItem(row, [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: all.subarray(row * 8, row * 8 + 8) }]),
    );
    const scattered = contiguous.map((item) => ({
      ...item,
      inputs: item.inputs.map((input) => ({ ...input, data: input.data.slice() })),
    }));
    for (const items of [contiguous, scattered]) {
      const { emissions } = await runBatch(model, items);
      expect(emissions.map((emission) => numbersOf(emission.outputs[0]))).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    }
  });

  test('fails when the model does not keep the batch dimension', async () => {
    const twice: OnnxGraph = {
      inputs: [x(['N', 2])],
      outputs: [{ name: 'y', type: 'float32', dims: ['N', 2] }],
      nodes: [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: 0 } }],
    };
    const model = await load(twice, { maxBatchSize: 8 });
    const items = [1, 2].map((callId) => batchItem(callId, [fp32('x', [1, 2], [1, 2])]));
    await expect(runBatch(model, items)).rejects.toMatchObject({
      code: 'internal',
      message:
        "output 'y' has 4 rows for a batch of 2: the model does not keep the batch dimension (set maxBatchSize: 0)",
    });
  });

  test('of a model that cannot batch is run item by item, each failing alone', async () => {
    const gather: OnnxGraph = {
      inputs: [{ name: 'i', type: 'int64', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [1] }],
      nodes: [{ op: 'Gather', inputs: ['table', 'i'], outputs: ['y'] }],
      initializers: [{ name: 'table', type: 'float32', dims: [2], data: new Float32Array([7, 8]) }],
    };
    const index = (value: bigint): Tensor => ({
      name: 'i',
      datatype: 'INT64',
      shape: [1],
      data: bytes(new BigInt64Array([value])),
    });
    const { emissions } = await runBatch(await load(gather), [
      batchItem(1, [index(0n)]),
      batchItem(2, [index(9n)]),
      batchItem(3, [index(1n)]),
    ]);
    expect(emissions.map((emission) => emission.error?.code ?? numbersOf(emission.outputs[0])[0])).toEqual([
      7,
      'internal',
      8,
    ]);
  });

  test('without an input names it', async () => {
    const model = await load(identityGraph([x(['N']), { name: 'z', type: 'float32', dims: ['N'] }]));
    await expect(runBatch(model, [batchItem(1, [fp32('x', [1], [1])])])).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "input 'z' is missing",
    });
    await expect(runBatch(model, [batchItem(1, [fp32('q', [1], [1])])])).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "the model has no input 'q'",
    });
  });
});

describe('options', () => {
  const loadWith = (options: LoadSpec['options']) => load(identityGraph([x(['N'])]), { options });

  test('of the session are all taken', async () => {
    const model = await loadWith({
      intraOpThreads: 2,
      interOpThreads: 2,
      graphOptimization: 'basic',
      executionMode: 'parallel',
      executionProviders: ['cpu'],
      enableCpuMemArena: false,
      enableMemPattern: false,
    });
    const { emissions } = await runBatch(model, [batchItem(1, [fp32('x', [1], [3])])]);
    expect(numbersOf(emissions[0]?.outputs[0])).toEqual([3]);
    await model.close();
  });

  test.each([
    [{ intraOpThreads: -1 }, 'onnx.intraOpThreads: expected a number of at least 0, got -1'],
    [{ enableMemPattern: 'yes' }, 'onnx.enableMemPattern: expected true or false, got "yes"'],
    [
      { graphOptimization: 'some' },
      'onnx.graphOptimization: expected one of disabled, basic, extended, layout, all, got "some"',
    ],
    [{ executionProviders: 'cpu' }, 'onnx.executionProviders: expected a list of strings, got "cpu"'],
  ])('%j are refused', async (options, message) => {
    await expect(loadWith(options)).rejects.toMatchObject({ code: 'invalid_argument', message });
  });

  test('an execution provider that is absent is refused, naming those that are there', async () => {
    const loading = loadWith({ executionProviders: ['tpu', 'cpu'] });
    await expect(loading).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(loading).rejects.toThrow(
      /^onnx\.executionProviders: 'tpu' is not in this build of ONNX Runtime; it has cpu/,
    );
  });
});

describe('errors of ONNX Runtime', () => {
  const failure = {
    fileName: 'm.onnx',
    beginning: new Uint8Array(0),
    providers: ['cuda', 'cpu'],
    ortVersion: '1.30.0',
  };

  test('of a provider whose driver is missing say so', () => {
    const text = 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library';
    expect(explainLoadError(new Error(text), failure)).toMatchObject({
      code: 'failed_precondition',
      message:
        "onnx.executionProviders: cuda, cpu cannot be started on this machine (is the driver there?); 'cpu' always can",
    });
  });

  test('that nobody has foreseen keep their text, without places in the source', () => {
    const text =
      'Load model from /srv/models/m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/graph.cc:1396 ' +
      'onnxruntime::Graph::Graph(const onnxruntime::Model&, onnx::GraphProto*, bool) [ShapeInferenceError] gone\n wrong';
    expect(explainLoadError(new Error(text), { ...failure, providers: ['cpu'] })).toMatchObject({
      code: 'invalid_argument',
      message: "ONNX Runtime refused 'm.onnx': [ShapeInferenceError] gone wrong",
    });
    expect(explainLoadError('odd', failure).message).toBe("ONNX Runtime refused 'm.onnx': odd");
    const old = 'Unsupported model IR version: 99, max supported IR version: 11';
    expect(explainLoadError(new Error(old), failure).message).toBe(
      "'m.onnx' has IR version 99; ONNX Runtime 1.30.0 knows them up to 11: set model.ir_version to 11 or lower in Python and save the model again",
    );
  });

  test('of a run say whether the input or the model is to blame', async () => {
    const reshape: OnnxGraph = {
      inputs: [x(['N', 4])],
      outputs: [{ name: 'y', type: 'float32', dims: ['N', 3] }],
      nodes: [{ op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
      initializers: [{ name: 'to', type: 'int64', dims: [1], data: new BigInt64Array([3n]) }],
    };
    const model = await load(reshape);
    await expect(runBatch(model, [batchItem(1, [fp32('x', [1, 3], [1, 2, 3])])])).rejects.toMatchObject({
      code: 'invalid_argument',
      message:
        'Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 4 ' +
        'Please fix either the inputs/outputs or the model.',
    });
    await expect(runBatch(model, [batchItem(1, [fp32('x', [1, 4], [1, 2, 3, 4])])])).rejects.toMatchObject({
      code: 'internal',
      message:
        "the model failed: Non-zero status code returned while running Reshape node. Name:'' Status Message: " +
        'input_shape_size == requested_shape_size was false. The input tensor cannot be reshaped to the requested shape. ' +
        'Input shape:{1,4}, requested shape:{3}',
    });
  });
});

function bytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function hex(data: Uint8Array | undefined): string {
  return Buffer.from(data ?? []).toString('hex');
}
