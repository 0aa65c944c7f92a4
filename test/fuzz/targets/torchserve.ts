import { call, grpcShots } from '../make-grpc.js';
import { httpShots, post, upload } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { EXPLICIT, rowModels } from './models.js';
import { methodSamples, ROW_MODEL, routeSamples } from './rows.js';

const FORM = [
  '--xyz\r\nContent-Disposition: form-data; name="a"; filename="a"\r\nContent-Type: application/json\r\n\r\n[1,2]\r\n',
  '--xyz\r\nContent-Disposition: form-data; name="b"\r\n\r\n[7]\r\n--xyz--\r\n',
].join('');

const PREDICTIONS: readonly Sample[] = [
  post('/predictions/floats', [
    [1, 2.5],
    [-3e10, 0],
  ]),
  post('/predictions/floats', { data: [1, 2] }, { method: 'PUT' }),
  post('/predictions/floats/1', { instances: [[1, 2]] }),
  post('/predictions/pair', { a: [[1, 2]], b: [[7]] }),
  post('/predictions/texts', ['a', { b64: 'aGVsbG8=' }]),
  upload('/predictions/floats', 'application/octet-stream', new Uint8Array(Float32Array.of(1, 2).buffer)),
  upload('/predictions/pair', 'multipart/form-data; boundary=xyz', FORM),
  upload('/predictions/floats', 'application/x-www-form-urlencoded', 'data=%5B1%2C2%5D&x=[3,4]'),
  upload('/predictions/texts', 'text/plain', 'hello'),
];
const MANAGEMENT: readonly Sample[] = [
  post('/models?model_name=scratch&url=scratch&initial_workers=1', {}),
  post('/models/floats?min_worker=1&max_worker=2&synchronous=true', {}, { method: 'PUT' }),
  post('/models/floats/1/set-default', {}, { method: 'PUT' }),
  post('/models/scratch/1', {}, { method: 'DELETE' }),
];
const ROUTES = /^\/(?:predictions|explanations|models|ping)\b(?!.*\/invoke)/;

const COMMON = {
  models: { ...rowModels('[-1, 1]'), ...ROW_MODEL, ...scratchModel() },
  settings: { torchserve: { enabled: true }, repository: EXPLICIT },
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
} as const;

function scratchModel() {
  return { 'scratch/1/': '', 'scratch/model.yaml': ROW_MODEL['echo/model.yaml'] };
}

/** TorchServe's inference and management over HTTP. */
export const TORCHSERVE_HTTP: FuzzTarget = {
  ...COMMON,
  name: 'torchserve-http',
  rows: ROUTES,
  make: anyOf([0.75, httpShots(PREDICTIONS)], [0.05, httpShots(MANAGEMENT)], [0.2, httpShots(routeSamples(ROUTES))]),
  reaches: ['200', '400', '404'],
  shots: 600,
};

const INFERENCE = '/org.pytorch.serve.grpc.inference.InferenceAPIsService';
const SERVICE = '/org.pytorch.serve.grpc.management.ManagementAPIsService';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const CALLS = [
  ...['Predictions', 'StreamPredictions', 'StreamPredictions2'].flatMap((method) => [
    call(`${INFERENCE}/${method}`, {
      model_name: 'floats',
      model_version: '1',
      input: { x: base64('[1,2]') },
      sequence_id: 's',
    }),
    call(`${INFERENCE}/${method}`, { model_name: 'pair', input: { a: base64('[1,2]'), b: base64('[7]') } }),
  ]),
  call(`${SERVICE}/DescribeModel`, { model_name: 'floats', model_version: 'all' }),
  call(`${SERVICE}/ListModels`, { limit: 2, next_page_token: 1 }),
  call(`${SERVICE}/ScaleWorker`, { model_name: 'floats', min_worker: 1, max_worker: 2 }),
  call(`${SERVICE}/SetDefault`, { model_name: 'floats', model_version: '1' }),
  call(`${SERVICE}/RegisterModel`, { url: 'floats', model_name: 'floats', initial_workers: 1 }),
];
const METHODS = /^\/org\.pytorch\./;

/** TorchServe's inference and management over gRPC. */
export const TORCHSERVE_GRPC: FuzzTarget = {
  ...COMMON,
  name: 'torchserve-grpc',
  rows: METHODS,
  make: anyOf([0.7, grpcShots(CALLS)], [0.3, grpcShots(methodSamples(METHODS))]),
  reaches: ['gRPC 0', 'gRPC 3', 'gRPC 5'],
  shots: 600,
};
