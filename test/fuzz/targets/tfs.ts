import { call, grpcShots } from '../make-grpc.js';
import { get, httpShots, post } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { PREDICTIONS } from './kserve.js';
import { rowModels } from './models.js';
import { methodSamples, ROW_MODEL, routeSamples } from './rows.js';

/** A model of examples. */
const SCORE = {
  'score/1/': '',
  'score/model.yaml': [
    'runtime: echo',
    'instances: { placement: inline }',
    'maxBatchSize: 4',
    'inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]',
    'labels: { canary: 1 }',
  ].join('\n'),
};

const EXAMPLES: readonly Sample[] = [
  post('/v1/models/score:regress', { examples: [{ x: 1 }, { x: 2 }] }),
  post('/v1/models/score/versions/1:regress', { signature_name: 'serving_default', context: { x: 1 }, examples: [{}] }),
  post('/v1/models/score:classify', { examples: [{ x: [1] }] }),
  post('/v1/models/score/labels/canary:predict', {
    signature_name: 'serving_default',
    instances: [{ x: [1] }, { x: [2] }],
  }),
  get('/v1/models/score/metadata'),
  get('/v1/models/score/labels/canary'),
];
const ROUTES = /^\/v1\/models\/\{model\}/;

const COMMON = {
  models: { ...rowModels(), ...ROW_MODEL, ...SCORE },
  settings: { tfs: { enabled: true } },
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
} as const;

/** TensorFlow Serving over HTTP. */
export const TFS_HTTP: FuzzTarget = {
  ...COMMON,
  name: 'tfs-http',
  rows: ROUTES,
  make: anyOf([0.5, httpShots(PREDICTIONS)], [0.35, httpShots(EXAMPLES)], [0.15, httpShots(routeSamples(ROUTES))]),
  reaches: ['200', '400', '404'],
  shots: 600,
};

const SERVICE = '/tensorflow.serving.PredictionService';
const EXAMPLE = {
  example_list: { examples: [{ features: { feature: { x: { float_list: { value: [1] } } } } }] },
};
const spec = (name: string, more: object = {}) => ({ model_spec: { name, ...more } });
const floats = (more: object) => ({
  dtype: 'DT_FLOAT',
  tensor_shape: { dim: [{ size: '1' }, { size: '2' }] },
  ...more,
});
const CALLS = [
  call(`${SERVICE}/Predict`, { ...spec('floats'), inputs: { x: floats({ float_val: [1, 2] }) } }),
  call(`${SERVICE}/Predict`, { ...spec('floats', { version: '1' }), inputs: { x: floats({ float_val: [1] }) } }),
  call(`${SERVICE}/Predict`, {
    ...spec('floats', { signature_name: 'serving_default' }),
    inputs: { x: floats({ tensor_content: 'AACAPwAAAEA=' }) },
    output_filter: ['x'],
  }),
  call(`${SERVICE}/Predict`, {
    ...spec('texts'),
    inputs: { t: { dtype: 'DT_STRING', tensor_shape: { dim: [{ size: '2' }] }, string_val: ['YQ==', 'Yg=='] } },
  }),
  call(`${SERVICE}/Regress`, { ...spec('score'), input: EXAMPLE }),
  call(`${SERVICE}/Classify`, { ...spec('score', { version_label: 'canary' }), input: EXAMPLE }),
  call(`${SERVICE}/MultiInference`, {
    tasks: [{ ...spec('score'), method_name: 'tensorflow/serving/regress' }],
    input: EXAMPLE,
  }),
];
const METHODS = /^\/tensorflow\./;

/** TensorFlow Serving over gRPC. */
export const TFS_GRPC: FuzzTarget = {
  ...COMMON,
  name: 'tfs-grpc',
  rows: METHODS,
  make: anyOf([0.7, grpcShots(CALLS)], [0.3, grpcShots(methodSamples(METHODS))]),
  reaches: ['gRPC 0', 'gRPC 3', 'gRPC 5'],
  shots: 600,
};
