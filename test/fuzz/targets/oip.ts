import { bytesOf, Call, packBytes } from '../../../src/core/index.js';
import type { AppServer } from '../../support/app-server.js';
import { EVERYBODY } from '../../support/http-server.js';
import type { FolderContents } from '../../support/model-folder.js';
import { buildOnnx, identityGraph } from '../../support/onnx-builder.js';
import { createSharedObject } from '../../support/shared-object.js';
import type { Json } from '../json.js';
import { call, grpcShots } from '../make-grpc.js';
import { get, httpShots, post } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES, type Question } from '../target.js';
import { EXPLICIT } from './models.js';
import { methodSamples, ROW_MODEL, routeSamples } from './rows.js';

const ALL_TYPES = ['BOOL', 'UINT8', 'UINT64', 'INT8', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32', 'FP64', 'BYTES'];
const tensors = (names: readonly (readonly [name: string, type: string])[], shape: string, extra = '') =>
  names.map(([name, type]) => `  - { name: ${name}, datatype: ${type}, shape: ${shape}${extra} }\n`).join('');
const named = (prefix: string) => ALL_TYPES.map((type) => [`${prefix}_${type}`, type] as const);

const SUMS = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { mode: accumulate }
instances: { placement: inline }
sequenceBatching: { maxIdleMs: 1000 }
`;

/** Models behind every kind of code: inline and in processes, ONNX and echo, batched and not, one that failed. */
function oipModels(): FolderContents {
  const floats = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 4] }], () => 'y');
  const texts = identityGraph([{ name: 'x', type: 'string', dims: ['n'] }], () => 'y');
  return {
    'types/model.yaml': `runtime: echo\ninstances: { placement: inline }\nmaxBatchSize: 0\ninputs:\n${tensors(named('in'), '[-1, -1]', ', optional: true')}outputs:\n${tensors(named('out'), '[-1, -1]')}`,
    'types/1/': '',
    'remote/model.yaml': `runtime: echo\nmaxBatchSize: 8\nbatching: { enabled: true }\ninputs:\n${tensors(named('in'), '[-1, -1]', ', optional: true')}outputs:\n${tensors(named('out'), '[-1, -1]')}`,
    'remote/1/': '',
    'floats/model.yaml': 'instances: { placement: inline }\n',
    'floats/1/model.onnx': buildOnnx(floats),
    'texts/1/model.onnx': buildOnnx(texts),
    'many/model.yaml': `runtime: echo\necho: { mode: repeat }\ninputs:\n${tensors([['x', 'FP32']], '[-1]')}outputs:\n${tensors([['y', 'FP32']], '[-1]')}`,
    'many/1/': '',
    'scratch/model.yaml': `runtime: echo\ninstances: { placement: inline }\ninputs:\n${tensors([['x', 'FP32']], '[-1]')}outputs:\n${tensors([['y', 'FP32']], '[-1]')}`,
    'scratch/1/': '',
    'broken/1/model.onnx': 'no model',
    'sums/1/': '',
    'sums/model.yaml': SUMS,
    ...ROW_MODEL,
  };
}

const FLOATS: Json = { name: 'x', datatype: 'FP32', shape: [2, 4], data: [1, 2, 3, 4.5, -5, 6e3, 0, 8] };
const TEXTS: Json = { name: 'x', datatype: 'BYTES', shape: [2], data: ['hello', 'wörld'] };
const floatBytes = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const textBytes = packBytes([Buffer.from('binary'), Buffer.from('tëxt'), new Uint8Array(0)]);

function everyType(): Json {
  return ALL_TYPES.map((type) => ({
    name: `in_${type}`,
    datatype: type,
    shape: [2, 2],
    data: type === 'BYTES' ? ['a', 'b', 'c', 'd'] : type === 'BOOL' ? [true, false, true, false] : [1, 2, 3, 4],
  }));
}

/** All but the types whose outputs JSON may not carry. */
const writableOutputs = (): Json =>
  ALL_TYPES.filter((type) => !type.endsWith('F16') && type !== 'FP16').map((type) => ({ name: `out_${type}` }));

function inBinary(name: string, [datatype, shape, size]: readonly [string, number[], number], more: Json = {}): Json {
  const json: Json = {
    parameters: { binary_data_output: true },
    inputs: [{ name, datatype, shape, parameters: { binary_data_size: size } }],
  };
  return { ...json, ...(more as object) };
}

/** Registered before the first request. */
const SHARED_REGION = { name: 'shared', offset: 0, sizeBytes: 4_096 };
const inShared = (shared_memory_byte_size: number, shared_memory_offset: number) => ({
  parameters: { shared_memory_region: SHARED_REGION.name, shared_memory_byte_size, shared_memory_offset },
});

const inSequence = (more: object): Json => ({
  inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }],
  parameters: { sequence_id: 7, ...more },
});

const INFER: readonly Sample[] = [
  post('/v2/models/sums/infer', inSequence({ sequence_start: true })),
  post('/v2/models/sums/infer', inSequence({})),
  post('/v2/models/sums/infer', inSequence({ sequence_end: true })),
  post('/v2/models/floats/infer', {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 4], ...inShared(32, 0) }],
    outputs: [{ name: 'y', ...inShared(64, 32) }],
  }),
  post('/v2/models/floats/infer', { id: 'one', inputs: [FLOATS] }),
  post('/v2/models/floats/versions/1/infer', {
    inputs: [FLOATS],
    outputs: [{ name: 'y', parameters: { binary_data: true } }],
  }),
  post('/v2/models/floats/infer', { inputs: [FLOATS], outputs: [{ name: 'y', parameters: { classification: 2 } }] }),
  post('/v2/models/floats/infer', inBinary('x', ['FP32', [2, 4], 32]), { blob: floatBytes }),
  post('/v2/models/floats/infer', {
    inputs: [FLOATS],
    parameters: { priority: 1, timeout: 1_000_000, sequence_id: 7 },
  }),
  post('/v2/models/texts/infer', { inputs: [TEXTS] }),
  post('/v2/models/texts/infer', inBinary('x', ['BYTES', [3], textBytes.length]), { blob: textBytes }),
  post('/v2/models/types/infer', { inputs: everyType(), outputs: writableOutputs() }),
  post('/v2/models/types/infer', { inputs: everyType(), parameters: { binary_data_output: true } }),
  post('/v2/models/remote/infer', { inputs: everyType(), parameters: { binary_data_output: true } }),
  post('/v2/models/remote/infer', inBinary('in_FP32', ['FP32', [2, 4], 32]), { blob: floatBytes }),
  post('/v2/models/many/infer', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] }),
  post('/v2/models/broken/infer', { inputs: [FLOATS] }),
  {
    method: 'POST',
    target: '/v2/models/floats/infer',
    json: undefined,
    blob: floatBytes.subarray(0, 16),
    headers: [['Inference-Header-Content-Length', '0']],
  },
];

const CONTROL: readonly Sample[] = [
  ...['/v2/health/live', '/v2/health/ready', '/v2', '/v2/models/stats', '/openapi.json', '/docs', '/'].map((path) =>
    get(path),
  ),
  ...['', '/ready', '/config', '/stats', '/versions/1', '/versions/1/ready', '/versions/1/config'].map((rest) =>
    get(`/v2/models/floats${rest}`),
  ),
  ...['/v2/logging', '/v2/trace/setting', '/v2/models/floats/trace/setting', '/v2/systemsharedmemory/status'].map(
    (path) => get(path),
  ),
  post('/v2/repository/index', { ready: true }),
  post('/v2/repository/index', {}),
  post('/v2/repository/models/scratch/unload', { parameters: { unload_dependents: true } }),
  post('/v2/logging', { log_info: true, log_verbose_level: 0, log_format: 'default' }),
  post('/v2/trace/setting', { trace_level: ['OFF'], trace_rate: '1000' }),
  post('/v2/models/floats/trace/setting', { trace_rate: '10' }),
  post('/v2/models/floats/generate', { text_input: 'x' }),
  get('/v2/systemsharedmemory/region/shared/status'),
  post('/v2/systemsharedmemory/region/r/register', { key: 'k', offset: 0, byte_size: 8 }),
  post('/v2/systemsharedmemory/region/r/unregister', {}),
];

const ECHO_CONFIG = JSON.stringify({
  backend: 'echo',
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [4] }],
});

/** These start things, so they are rare. */
const LOAD: readonly Sample[] = [
  post('/v2/repository/models/scratch/load', {}),
  post('/v2/repository/models/scratch/load', { parameters: { config: ECHO_CONFIG } }),
  post('/v2/repository/models/scratch/load', {
    parameters: {
      config: '{"backend":"onnxruntime"}',
      'file:1/model.onnx': Buffer.from('no model').toString('base64'),
    },
  }),
];

const QUESTIONS: readonly Question[] = [
  {
    model: 'texts',
    request: { inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], data: ['a', 'ü'] }] },
    outputs: [{ name: 'y', datatype: 'BYTES', shape: [2], data: ['a', 'ü'] }],
  },
  {
    model: 'types',
    request: { inputs: [{ name: 'in_INT64', datatype: 'INT64', shape: [1, 2], data: [7, -8] }] },
    outputs: [{ name: 'out_INT64', datatype: 'INT64', shape: [1, 2], data: [7, -8] }],
  },
  {
    model: 'remote',
    request: { inputs: [{ name: 'in_UINT8', datatype: 'UINT8', shape: [1, 3], data: [1, 2, 255] }] },
    outputs: [{ name: 'out_UINT8', datatype: 'UINT8', shape: [1, 3], data: [1, 2, 255] }],
  },
];

/** Clients share a region of memory with the server. */
async function shareMemory({ app }: AppServer): Promise<AsyncDisposable> {
  const shared = createSharedObject(SHARED_REGION.sizeBytes);
  const caller = new Call({
    requestId: 'fuzz',
    principal: EVERYBODY,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  await app.service.inference.registerSystemSharedMemory(caller, { ...SHARED_REGION, key: shared.key });
  return { [Symbol.asyncDispose]: async () => shared[Symbol.dispose]() };
}

const OIP_ROUTES = /^\/v2\b|^\/(?:openapi.*|docs.*|metrics|v1\/health|version)?$/;
const COMMON = {
  models: oipModels(),
  settings: { repository: EXPLICIT, sharedMemory: { enabled: true } },
  prepare: shareMemory,
  questions: QUESTIONS,
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
} as const;

/** The Open Inference Protocol over HTTP, as JSON and binary. */
export const OIP_HTTP: FuzzTarget = {
  ...COMMON,
  name: 'oip-http',
  rows: OIP_ROUTES,
  make: anyOf(
    [0.7, httpShots(INFER)],
    [0.15, httpShots(CONTROL)],
    [0.15, httpShots(routeSamples(OIP_ROUTES))],
    [0.002, httpShots(LOAD)],
  ),
  reaches: ['200', '400', '404', '405', '415'],
  shots: 2_000,
};

const SERVICE = '/inference.GRPCInferenceService';
const contents = (type: string) =>
  type === 'BYTES'
    ? { bytes_contents: ['YQ==', 'Yg=='] }
    : type.startsWith('FP')
      ? { fp32_contents: [1, 2] }
      : { int64_contents: ['1', '2'] };
const input = (name: string, datatype: string, shape: readonly number[]) => ({
  name,
  datatype,
  shape,
  contents: contents(datatype),
});
const CALLS = [
  ...['ModelInfer', 'ModelStreamInfer'].flatMap((method) => [
    call(`${SERVICE}/${method}`, { model_name: 'texts', id: 'one', inputs: [input('x', 'BYTES', [2])] }),
    call(`${SERVICE}/${method}`, {
      model_name: 'types',
      model_version: '1',
      inputs: [input('in_INT64', 'INT64', [1, 2]), input('in_FP32', 'FP32', [1, 2])],
      outputs: [{ name: 'out_INT64', parameters: { classification: { int64_param: '1' } } }],
      parameters: { priority: { uint64_param: '1' }, timeout: { int64_param: '1000000' } },
    }),
    call(`${SERVICE}/${method}`, {
      model_name: 'remote',
      inputs: [{ name: 'in_FP32', datatype: 'FP32', shape: [1, 2] }],
      raw_input_contents: ['AACAPwAAAEA='],
    }),
    call(`${SERVICE}/${method}`, {
      model_name: 'floats',
      inputs: [
        {
          name: 'x',
          datatype: 'FP32',
          shape: [2, 4],
          parameters: {
            shared_memory_region: { string_param: SHARED_REGION.name },
            shared_memory_byte_size: { int64_param: '32' },
          },
        },
      ],
    }),
    call(`${SERVICE}/${method}`, {
      model_name: 'sums',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [1] } }],
      parameters: { sequence_id: { int64_param: '7' }, sequence_start: { bool_param: true } },
    }),
    call(`${SERVICE}/${method}`, {
      model_name: 'many',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1], contents: { fp32_contents: [3] } }],
    }),
  ]),
];
const OIP_METHODS = /^\/(?:inference|grpc)\./;

/** The Open Inference Protocol over gRPC, with the services for health and reflection. */
export const OIP_GRPC: FuzzTarget = {
  ...COMMON,
  name: 'oip-grpc',
  rows: OIP_METHODS,
  make: anyOf([0.75, grpcShots(CALLS)], [0.25, grpcShots(methodSamples(OIP_METHODS))]),
  reaches: ['gRPC 0', 'gRPC 3', 'gRPC 12'],
  shots: 1_000,
};
