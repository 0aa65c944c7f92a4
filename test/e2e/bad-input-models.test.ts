import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import type { FolderContents } from '../support/model-folder.js';
import { buildOnnx, identityGraph, type OnnxGraph } from '../support/onnx-builder.js';

const FLOATS: OnnxGraph = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 4] }], () => 'y');
const MODEL = buildOnnx(FLOATS);

const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] };

/** Every model of it is broken in its own way. */
const BROKEN: FolderContents = {
  'damaged/1/model.onnx': 'this is no model',
  'cut/1/model.onnx': MODEL.subarray(0, MODEL.length / 2),
  'external/1/model.onnx': buildOnnx({
    ...FLOATS,
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', type: 'float32', dims: [4], data: new Float32Array(4), externalFile: 'weights.bin' }],
  }),
  'opset/1/model.onnx': buildOnnx({ ...FLOATS, opset: 99 }),
  'empty/1/': '',
  'pbtxt/config.pbtxt': 'name: "pbtxt"\nmax_batch_size: 8 8\n',
  'pbtxt/1/model.onnx': MODEL,
  'field/config.pbtxt': 'max_batch_sise: 8\n',
  'field/1/model.onnx': MODEL,
  'yaml/model.yaml': 'maxBatchSize: 8\nbatching: { enabled: [ }\n',
  'yaml/1/model.onnx': MODEL,
  'key/model.yaml': 'instances:\n  cuont: 2\n',
  'key/1/model.onnx': MODEL,
  'value/model.yaml': 'instances:\n  count: many\n',
  'value/1/model.onnx': MODEL,
  'contradiction/model.yaml': 'inputs: [{ name: x, datatype: INT32, shape: [-1, 4] }]\n',
  'contradiction/1/model.onnx': MODEL,
  'good/1/model.onnx': MODEL,
};

describe('a model that cannot be served', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(BROKEN);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    ['damaged', "'model.onnx' is not a readable ONNX file: it is broken or incomplete"],
    ['cut', "'model.onnx' is not a readable ONNX file: it is broken or incomplete"],
    [
      'external',
      "'model.onnx' keeps the data of 'w' in the file 'weights.bin', which is missing: copy it beside 'model.onnx'",
    ],
    [
      'opset',
      /^'model\.onnx' uses opset 99 of ai\.onnx; ONNX Runtime \S+ knows it up to \d+: export the model with opset \d+ or lower$/,
    ],
    [
      'empty',
      'empty/1 holds no model file; expected model.onnx, one *.onnx, model.ts, model.gguf, one *.gguf or tokenizer.json, found nothing',
    ],
    ['pbtxt', 'pbtxt/config.pbtxt:2:19: cannot specify field by number: 8'],
    ['field', /^field\/config\.pbtxt:1:1: unknown field "max_batch_sise" .*; did you mean 'max_batch_size'\?$/],
    ['yaml', 'yaml/model.yaml:2:24: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['key', "key/model.yaml:2:3: unknown key 'instances.cuont'; did you mean 'count'?"],
    ['value', "value/model.yaml:2:3: instances.count: expected an integer from 1 to 64, got 'many'"],
    ['contradiction', "input 'x' is configured as INT32, but it is FP32 in the model file"],
  ])('is failed, with the reason in index and log: %s', async (name, reason) => {
    const entry = (await server.index()).find((line) => line.startsWith(`${name}/`));
    const [, state, ...said] = entry?.split(': ') ?? [];
    expect(state).toBe('UNAVAILABLE');
    const saidReason = said.join(': ');
    if (typeof reason === 'string') expect(saidReason).toBe(reason);
    else expect(saidReason).toMatch(reason);
    expect(server.log.filter((line) => line.model === name && line.state === 'failed')).toMatchObject([
      { level: 'error', room: 'engine', reason: saidReason },
    ]);
    expect(await server.infer(name, REQUEST)).toEqual({
      status: 503,
      body: { error: `model '${name}' failed to load; the repository index has the reason` },
      retryAfter: undefined,
    });
  });

  it('does not keep the others from being served', async () => {
    expect((await server.infer('good', REQUEST)).body.outputs[0].data).toEqual([1, 2, 3, 4]);
    expect((await server.send('GET /v2/health/ready')).status).toBe(200);
  });
});
