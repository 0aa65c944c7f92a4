import { bytesOf, packBytes } from '../../src/core/index.js';
import type { FolderContents } from '../support/model-folder.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';
import type { Json } from './json.js';

/** A request before it is written down: what mutations work on. */
export interface Sample {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** undefined = no JSON in the body. */
  readonly json: Json | undefined;
  /** Behind the JSON. */
  readonly blob: Uint8Array;
}

const ALL_TYPES = ['BOOL', 'UINT8', 'UINT64', 'INT8', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32', 'FP64', 'BYTES'];
const tensors = (names: readonly (readonly [name: string, type: string])[], shape: string, extra = '') =>
  names.map(([name, type]) => `  - { name: ${name}, datatype: ${type}, shape: ${shape}${extra} }\n`).join('');
const named = (prefix: string) => ALL_TYPES.map((type) => [`${prefix}_${type}`, type] as const);

/** Models behind every kind of code: inline and in processes, ONNX and echo, batched and not, one that failed. */
export function fuzzRepository(): FolderContents {
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
  };
}

const NO_BYTES = new Uint8Array(0);

function post(target: string, json: Json, more: Partial<Sample> = {}): Sample {
  return { method: 'POST', target, headers: [], json, blob: NO_BYTES, ...more };
}

function get(target: string): Sample {
  return { method: 'GET', target, headers: [], json: undefined, blob: NO_BYTES };
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
export const SHARED_REGION = { name: 'shared', offset: 0, sizeBytes: 4_096 };
const inShared = (shared_memory_byte_size: number, shared_memory_offset: number) => ({
  parameters: { shared_memory_region: SHARED_REGION.name, shared_memory_byte_size, shared_memory_offset },
});

const INFER: readonly Sample[] = [
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
  ...['/v2/health/live', '/v2/health/ready', '/v2', '/v2/models/stats', '/openapi.json', '/docs', '/'].map(get),
  ...['', '/ready', '/config', '/stats', '/versions/1', '/versions/1/ready', '/versions/1/config'].map((rest) =>
    get(`/v2/models/floats${rest}`),
  ),
  ...['/v2/logging', '/v2/trace/setting', '/v2/models/floats/trace/setting', '/v2/systemsharedmemory/status'].map(get),
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

export const SAMPLES = { infer: INFER, control: CONTROL, load: LOAD };
