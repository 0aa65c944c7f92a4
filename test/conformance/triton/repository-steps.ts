import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildOnnx, type OnnxGraph } from '../../support/onnx-builder.js';
import type { Expected, TritonCase } from './cases.js';

/** A request that changes what is loaded, or asks what is; and what is done to the folder before it. */
export interface RepositoryStep extends TritonCase {
  readonly before?: () => void;
  /** Entries of the index by `name/version` (or `name`), as `STATE` or `STATE: reason`; undefined = there is none. */
  readonly index?: Readonly<Record<string, string | undefined>>;
}

interface Tail extends Pick<RepositoryStep, 'before' | 'here' | 'index'> {
  readonly answer?: unknown;
  readonly body?: unknown;
}

const TYPES = 'malformed JSON, wrong JSON types';
const NAMED = 'index of a named repository, load from one';
const FAILED = 'loading fails';
const PART_IS_BACK = 'an ensemble whose part was unloaded and loaded again';
const UNREADY = 'not ready: server or model';

function step(name: string, target: string, status: number, tail: Tail = {}): RepositoryStep {
  const [method = 'GET', url = ''] = target.split(' ');
  const { body, answer, ...rest } = tail;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const triton: Expected = { status, ...(answer === undefined ? {} : { answer }) };
  return { name, request: { method, path: url, ...(text === undefined ? {} : { body: text }) }, triton, ...rest };
}

const here = (status: number, row: string): Tail => ({ here: { status, row } });
const load = (model: string) => `POST /v2/repository/models/${model}/load`;
const unload = (model: string) => `POST /v2/repository/models/${model}/unload`;
const INDEX = 'POST /v2/repository/index';

const RAW1 = { inputs: [{ name: 'IN', datatype: 'FP32', shape: [1], data: [1] }] };
const answersWith = (model: string, value: number) => ({
  model_name: model,
  model_version: '1',
  outputs: [{ name: 'OUT', datatype: 'FP32', shape: [1], data: [value] }],
});
const VERSIONED = { inputs: [{ name: 'IN', datatype: 'INT32', shape: [1], data: [1] }] };
const answeredBy = (version: number) => ({
  model_name: 'ver_default',
  model_version: String(version),
  outputs: [
    { name: 'OUT', datatype: 'INT32', shape: [1], data: [1] },
    { name: 'VERSION', datatype: 'INT32', shape: [1], data: [version] },
  ],
});

const TENSORS = {
  input: [{ name: 'IN', data_type: 'TYPE_FP32', dims: [-1] }],
  output: [{ name: 'OUT', data_type: 'TYPE_FP32', dims: [-1] }],
};
const CONFIG = { backend: 'onnxruntime', max_batch_size: 0, ...TENSORS };
const WITH_PARAMETER = { ...CONFIG, parameters: { k: { string_value: 'v' } } };
const TIMES_SEVEN: OnnxGraph = {
  inputs: [{ name: 'IN', type: 'float32', dims: ['N'] }],
  outputs: [{ name: 'OUT', type: 'float32', dims: ['N'] }],
  nodes: [{ op: 'Mul', inputs: ['IN', 'factor'], outputs: ['OUT'] }],
  initializers: [{ name: 'factor', type: 'float32', dims: [], data: Float32Array.of(7) }],
};
const SEVENFOLD = Buffer.from(buildOnnx(TIMES_SEVEN)).toString('base64');

const parameters = (values: Readonly<Record<string, unknown>>) => ({
  body: { parameters: values },
});
const withConfig = (config: unknown) => parameters({ config: JSON.stringify(config) });

/** What Triton's index, load and unload were seen to do, in an order that keeps each meaningful. */
export function repositorySteps(repository: string): readonly RepositoryStep[] {
  const version11 = path.join(repository, 'ver_default/11');
  return [
    step('index', INDEX, 200, { index: { 'raw1/1': 'READY', 'ver_spec/3': 'READY', nope: undefined } }),
    step('index, empty object', INDEX, 200, { body: {}, index: { 'raw1/1': 'READY' } }),
    step('index, ready only', INDEX, 200, { body: { ready: true }, index: { 'raw1/1': 'READY' } }),
    step('index, ready is no boolean', INDEX, 500, { body: { ready: 'yes' }, ...here(400, TYPES) }),
    step('index, malformed', INDEX, 500, { body: '{', ...here(400, TYPES) }),
    step('index of a named repository', 'POST /v2/repository/foo/index', 200, { index: { 'raw1/1': undefined } }),
    ...loading(),
    ...overriding(),
    ...uploading(),
    ...unloading(),
    ...ensembles(),
    step('load after a version was added', load('ver_default'), 200, {
      before: () => cpSync(path.join(repository, 'ver_default/10'), version11, { recursive: true }),
    }),
    step('the newest version answers', 'POST /v2/models/ver_default/infer', 200, {
      body: VERSIONED,
      answer: answeredBy(11),
    }),
    step('load after a version was removed', load('ver_default'), 200, {
      before: () => rmSync(version11, { recursive: true }),
    }),
    step('the newest one that is left answers', 'POST /v2/models/ver_default/infer', 200, {
      body: VERSIONED,
      answer: answeredBy(10),
    }),
    step('a policy that names a version and one that is missing', load('ver_default'), 200, {
      ...withConfig({ version_policy: { specific: { versions: [1, 77] } } }),
    }),
    step('the named version answers', 'POST /v2/models/ver_default/infer', 200, {
      body: VERSIONED,
      answer: answeredBy(1),
    }),
    step('a policy that names no version there is', load('ver_default'), 400, {
      ...withConfig({ version_policy: { specific: { versions: [77] } } }),
    }),
    step('what answered before still does', 'POST /v2/models/ver_default/infer', 200, {
      body: VERSIONED,
      answer: answeredBy(1),
    }),
    step('all versions', load('ver_default'), 200, withConfig({ version_policy: { all: {} } })),
    step('index of all versions', INDEX, 200, {
      index: { 'ver_default/1': 'READY', 'ver_default/2': 'READY', 'ver_default/10': 'READY' },
    }),
  ];
}

function loading(): readonly RepositoryStep[] {
  return [
    step('load a loaded model', load('raw1'), 200),
    step('load it again', load('raw1'), 200),
    step('load by GET', load('raw1').replace('POST', 'GET'), 405),
    step('load without a name', load(''), 404),
    step('load an unknown model', load('nope'), 500, here(404, FAILED)),
    step('load, malformed', load('raw1'), 500, { body: '{', ...here(400, TYPES) }),
    step('load, unknown parameter', load('raw1'), 500, { ...parameters({ foo: 'bar' }), ...here(400, FAILED) }),
    step('load from a named repository', 'POST /v2/repository/foo/models/raw1/load', 501, here(404, NAMED)),
  ];
}

function overriding(): readonly RepositoryStep[] {
  return [
    step('load with a configuration', load('raw1'), 200, withConfig(WITH_PARAMETER)),
    step('it is in force', 'GET /v2/models/raw1/config', 200, {
      answer: { name: 'raw1', backend: 'onnxruntime', max_batch_size: 0, parameters: { k: { string_value: 'v' } } },
    }),
    step('a configuration that is no JSON', load('raw1'), 500, {
      ...parameters({ config: '{nope' }),
      ...here(400, FAILED),
    }),
    step('a configuration that cannot be', load('raw1'), 500, {
      ...withConfig({ backend: 'onnxruntime', max_batch_size: -4 }),
      ...here(400, FAILED),
    }),
    step('a configuration with an unknown field', load('raw1'), 500, {
      ...withConfig({ backend: 'onnxruntime', foo: 1 }),
      ...here(400, FAILED),
    }),
    step('a configuration that is an object', load('raw1'), 500, {
      ...parameters({ config: WITH_PARAMETER }),
      ...here(400, TYPES),
    }),
    step('the model is still ready', 'GET /v2/models/raw1/ready', 200),
    step('and still serves', 'POST /v2/models/raw1/infer', 200, { body: RAW1, answer: answersWith('raw1', 2) }),
    step('load without one restores the file', load('raw1'), 200),
    step('the file is in force', 'GET /v2/models/raw1/config', 200, { answer: { name: 'raw1', max_batch_size: 0 } }),
  ];
}

function uploading(): readonly RepositoryStep[] {
  const upload = { config: JSON.stringify(CONFIG), 'file:1/model.onnx': SEVENFOLD };
  return [
    step('load uploaded files', load('upl'), 200, parameters(upload)),
    step('they have a configuration', 'GET /v2/models/upl/config', 200, { answer: { name: 'upl', max_batch_size: 0 } }),
    step('they answer', 'POST /v2/models/upl/infer', 200, { body: RAW1, answer: answersWith('upl', 7) }),
    step('files that are no base64', load('upl2'), 400, parameters({ ...upload, 'file:1/model.onnx': '@@' })),
    step('files without a configuration', load('raw1'), 500, {
      ...parameters({ 'file:1/model.onnx': SEVENFOLD }),
      ...here(400, FAILED),
    }),
    step('unload what was uploaded', unload('upl'), 200),
  ];
}

function unloading(): readonly RepositoryStep[] {
  return [
    step('unload', unload('raw1'), 200),
    step('an unloaded model has no configuration', 'GET /v2/models/raw1/config', 404),
    step('and no metadata', 'GET /v2/models/raw1', 404),
    step('and no answers', 'POST /v2/models/raw1/infer', 404, { body: RAW1 }),
    step('and no statistics', 'GET /v2/models/raw1/stats', 400),
    step('and is not ready', 'GET /v2/models/raw1/ready', 400, here(503, UNREADY)),
    step('the server is', 'GET /v2/health/ready', 400, here(200, 'server readiness')),
    step('index of an unloaded model', INDEX, 200, { index: { 'raw1/1': 'UNAVAILABLE: unloaded' } }),
    step('index, ready only, without it', INDEX, 200, { body: { ready: true }, index: { 'raw1/1': undefined } }),
    step('unload again', unload('raw1'), 200),
    step('unload an unknown model', unload('nope'), 200, here(404, 'unloading an unknown model')),
    step('unload, dependents', unload('raw1'), 200, parameters({ unload_dependents: true })),
    step('load again', load('raw1'), 200),
    step('and it answers', 'POST /v2/models/raw1/infer', 200, { body: RAW1, answer: answersWith('raw1', 2) }),
  ];
}

const X = Array.from({ length: 16 }, (_, index) => (index + 1) / 10);
const ENSEMBLE = { inputs: [{ name: 'in', datatype: 'FP32', shape: [1, 16], data: X }] };

function ensembles(): readonly RepositoryStep[] {
  return [
    step('unload a part of an ensemble', unload('scale'), 200),
    step('the ensemble is not ready', 'GET /v2/models/ens/ready', 400, here(503, UNREADY)),
    step('nor does it answer', 'POST /v2/models/ens/infer', 404, { body: ENSEMBLE }),
    step('load the part', load('scale'), 200),
    step('the ensemble is ready again', 'GET /v2/models/ens/ready', 400, here(200, PART_IS_BACK)),
    step('load the ensemble', load('ens'), 200),
    step('its parts are ready', 'GET /v2/models/scale/ready', 200),
    step('unload it, dependents are no boolean', unload('ens'), 200, {
      ...parameters({ unload_dependents: 'x' }),
      ...here(400, TYPES),
    }),
    step('its first part is ready', 'GET /v2/models/scale/ready', 200),
    step('and its second', 'GET /v2/models/mlp16/ready', 200),
  ];
}
