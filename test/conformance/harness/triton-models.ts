import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityGraph, type OnnxGraph, type OnnxType, type OnnxValue, writeOnnx } from '../../support/onnx-builder.js';
import { inRoot } from './paths.js';

/** A model in Triton's layout: its config.pbtxt ('' = none) and what lies beside it. */
interface TritonModel {
  readonly name: string;
  readonly config: string;
  readonly labels?: readonly string[];
  /** What is in each version's folder: a graph, a file to copy, or nothing (echo). */
  readonly versions: Readonly<Record<number, OnnxGraph | string | undefined>>;
}

const MLP16 = inRoot('examples/models/mlp/1/model.onnx');
const MLP784 = inRoot('test/fixtures/models/mlp-784x10.onnx');
const LABELS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Names of the protocol's datatypes in configurations, and what ONNX calls them. */
const TYPES: Readonly<Record<string, OnnxType>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  STRING: 'string',
};

/**
 * Writes a repository of the models that Triton's exchanges were recorded with, as ONNX files of the same behaviour; the
 * echo runtime stands in where only inputs come back.
 */
export function writeTritonModels(folder: string): string {
  for (const model of MODELS) {
    const modelFolder = path.join(folder, model.name);
    for (const [version, content] of Object.entries(model.versions)) {
      const versionFolder = path.join(modelFolder, version);
      mkdirSync(versionFolder, { recursive: true });
      const file = path.join(versionFolder, 'model.onnx');
      if (typeof content === 'string') copyFileSync(content, file);
      else if (content !== undefined) writeOnnx(file, content);
    }
    if (model.config !== '') writeFileSync(path.join(modelFolder, 'config.pbtxt'), model.config);
    if (model.labels !== undefined) writeFileSync(path.join(modelFolder, 'labels.txt'), model.labels.join('\n'));
  }
  return folder;
}

/** A line of config.pbtxt such as `input [ { name: "x" data_type: TYPE_FP32 dims: [16] } ]`. */
function tensor(kind: 'input' | 'output', name: string, rest: string): string {
  return `${kind} [ { name: "${name}" data_type: TYPE_${rest} } ]`;
}

function config(maxBatchSize: number, ...lines: readonly string[]): string {
  return [`backend: "onnxruntime"`, `max_batch_size: ${maxBatchSize}`, ...lines].join('\n');
}

function echoConfig(maxBatchSize: number, ...lines: readonly string[]): string {
  return [`backend: "echo"`, `max_batch_size: ${maxBatchSize}`, ...lines].join('\n');
}

function mlp(name: string, maxBatchSize: number, yRest: string, batching: string): TritonModel {
  return {
    name,
    config: config(maxBatchSize, tensor('input', 'x', 'FP32 dims: [16]'), tensor('output', 'y', yRest), batching),
    ...(yRest.includes('labels') ? { labels: LABELS } : {}),
    versions: { 1: MLP16 },
  };
}

const x = (name: string, type: OnnxType, dims: OnnxValue['dims'] = ['N']): OnnxValue =>
  dims === undefined ? { name, type } : { name, type, dims };

/** `OUT` = `IN` · factor. */
export function scaleGraph(dims: readonly (number | string)[], factor: number): OnnxGraph {
  return {
    inputs: [x('IN', 'float32', dims)],
    outputs: [x('OUT', 'float32', dims)],
    nodes: [{ op: 'Mul', inputs: ['IN', 'factor'], outputs: ['OUT'] }],
    initializers: [{ name: 'factor', type: 'float32', dims: [], data: Float32Array.of(factor) }],
  };
}

/** `OUT` = `IN`, and `VERSION` says which version answered. */
export function versionGraph(version: number): OnnxGraph {
  return {
    inputs: [x('IN', 'int32', [1])],
    outputs: [x('OUT', 'int32', [1]), x('VERSION', 'int32', [1])],
    nodes: [
      { op: 'Identity', inputs: ['IN'], outputs: ['OUT'] },
      { op: 'Identity', inputs: ['version'], outputs: ['VERSION'] },
    ],
    initializers: [{ name: 'version', type: 'int32', dims: [1], data: Int32Array.of(version) }],
  };
}

function versioned(name: string, policy: string): TritonModel {
  const tensors = [
    tensor('input', 'IN', 'INT32 dims: [1]'),
    tensor('output', 'OUT', 'INT32 dims: [1]'),
    tensor('output', 'VERSION', 'INT32 dims: [1]'),
  ];
  return {
    name,
    config: config(0, ...tensors, policy),
    versions: Object.fromEntries([1, 2, 3, 10].map((version) => [version, versionGraph(version)])),
  };
}

const SIMPLE: OnnxGraph = {
  inputs: [x('INPUT0', 'int32', ['N', 16]), x('INPUT1', 'int32', ['N', 16])],
  outputs: [x('OUTPUT0', 'int32', ['N', 16]), x('OUTPUT1', 'int32', ['N', 16])],
  nodes: [
    { op: 'Add', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT0'] },
    { op: 'Sub', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT1'] },
  ],
};

const toOut = (name: string) => name.replace(/^IN?/, (start) => (start === 'IN' ? 'OUT' : 'O'));

const RESHAPE: OnnxGraph = {
  inputs: [x('IN', 'float32', ['N', 2, 2]), x('S', 'float32', ['N'])],
  outputs: [x('OUT', 'float32', ['N', 2, 2]), x('SOUT', 'float32', ['N'])],
  nodes: [
    { op: 'Identity', inputs: ['IN'], outputs: ['OUT'] },
    { op: 'Identity', inputs: ['S'], outputs: ['SOUT'] },
  ],
};

/** Models that slept in Triton; here for the sake of their configurations. */
const SLOW: Readonly<Record<string, readonly [maxBatchSize: number, ...lines: readonly string[]]>> = {
  slow: [
    1,
    'dynamic_batching { default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 0',
    'allow_timeout_override: true max_queue_size: 2 } }',
    'instance_group [ { count: 1 kind: KIND_CPU } ]',
  ],
  slow_deft: [
    1,
    'dynamic_batching { default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 200000',
    'allow_timeout_override: true } }',
    'instance_group [ { count: 1 kind: KIND_CPU } ]',
  ],
  slow_prio: [
    1,
    'dynamic_batching { priority_levels: 3 default_priority_level: 2',
    'priority_queue_policy { key: 3 value { max_queue_size: 1 } } }',
    'instance_group [ { count: 1 kind: KIND_CPU } ]',
  ],
  count2: [0, 'instance_group [ { count: 2 kind: KIND_CPU } ]'],
};

const typeNames = Object.keys(TYPES);
const optionalTypes = [...typeNames, 'BF16'];

const MODELS: readonly TritonModel[] = [
  {
    name: 'simple',
    config: config(
      8,
      ...['INPUT0', 'INPUT1'].map((name) => tensor('input', name, 'INT32 dims: [16]')),
      ...['OUTPUT0', 'OUTPUT1'].map((name) => tensor('output', name, 'INT32 dims: [16]')),
    ),
    versions: { 1: SIMPLE },
  },
  mlp('mlp16', 64, 'FP32 dims: [10]', 'dynamic_batching { }'),
  mlp(
    'mlp16l',
    8,
    'FP32 dims: [10] label_filename: "labels.txt"',
    'dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }',
  ),
  {
    name: 'mlp784',
    config: config(
      64,
      tensor('input', 'x', 'FP32 dims: [784]'),
      tensor('output', 'y', 'FP32 dims: [10]'),
      'dynamic_batching { }',
    ),
    versions: { 1: MLP784 },
  },
  {
    name: 'raw1',
    config: config(0, tensor('input', 'IN', 'FP32 dims: [-1]'), tensor('output', 'OUT', 'FP32 dims: [-1]')),
    versions: { 1: scaleGraph(['N'], 2) },
  },
  {
    name: 'rawb',
    config: config(8, tensor('input', 'IN', 'FP32 dims: [4]'), tensor('output', 'OUT', 'FP32 dims: [4]')),
    versions: { 1: scaleGraph(['N', 4], 2) },
  },
  {
    name: 'raws',
    config: echoConfig(0, tensor('input', 'IN', 'STRING dims: [1]'), tensor('output', 'OUT', 'STRING dims: [1]')),
    versions: { 1: undefined },
  },
  {
    name: 'ident_nb',
    config: config(0, tensor('input', 'IN', 'FP32 dims: [-1, 4]'), tensor('output', 'OUT', 'FP32 dims: [-1, 4]')),
    versions: { 1: identityGraph([x('IN', 'float32', ['N', 4])], toOut) },
  },
  {
    name: 'strid',
    config: config(8, tensor('input', 'IN', 'STRING dims: [-1]'), tensor('output', 'OUT', 'STRING dims: [-1]')),
    versions: { 1: identityGraph([x('IN', 'string', ['N', 'M'])], toOut) },
  },
  {
    name: 'types13',
    config: config(
      0,
      ...typeNames.map((name) => tensor('input', `I_${name}`, `${name} dims: [-1]`)),
      ...typeNames.map((name) => tensor('output', `O_${name}`, `${name} dims: [-1]`)),
    ),
    versions: {
      1: identityGraph(
        Object.entries(TYPES).map(([name, type]) => x(`I_${name}`, type, [`n_${name}`])),
        toOut,
      ),
    },
  },
  {
    name: 'types',
    config: echoConfig(
      0,
      ...optionalTypes.map((name) => tensor('input', `I_${name}`, `${name} dims: [-1] optional: true`)),
      ...optionalTypes.map((name) => tensor('output', `O_${name}`, `${name} dims: [-1]`)),
    ),
    versions: { 1: undefined },
  },
  {
    name: 'params',
    config: echoConfig(0, tensor('input', 'IN', 'INT32 dims: [1]'), tensor('output', 'OUT', 'INT32 dims: [1]')),
    versions: { 1: undefined },
  },
  {
    name: 'reshape',
    config: config(
      4,
      tensor('input', 'IN', 'FP32 dims: [4] reshape: { shape: [ 2, 2 ] }'),
      tensor('input', 'S', 'FP32 dims: [1] reshape: { shape: [ ] }'),
      tensor('output', 'OUT', 'FP32 dims: [4] reshape: { shape: [ 2, 2 ] }'),
      tensor('output', 'SOUT', 'FP32 dims: [1] reshape: { shape: [ ] }'),
    ),
    versions: { 1: RESHAPE },
  },
  { name: 'noconf', config: '', versions: { 1: scaleGraph(['N', 4], 1) } },
  ...Object.entries(SLOW).map(([name, [maxBatchSize, ...lines]]) => ({
    name,
    config: echoConfig(
      maxBatchSize,
      tensor('input', 'DELAY_MS', 'INT32 dims: [1]'),
      tensor('output', 'OUT', 'INT32 dims: [1]'),
      ...lines,
    ),
    versions: { 1: undefined },
  })),
  versioned('ver_all', 'version_policy: { all { } }'),
  versioned('ver_default', ''),
  versioned('ver_latest2', 'version_policy: { latest { num_versions: 2 } }'),
  versioned('ver_spec', 'version_policy: { specific { versions: [ 1, 3 ] } }'),
];
