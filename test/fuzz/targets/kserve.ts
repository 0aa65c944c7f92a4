import { httpShots, post, upload } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { rowModels } from './models.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const EVENT = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 'b', 'ce-type': 'c' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const path = (model: string) => `/v1/models/${model}:predict`;

/** Rows of instances, as KServe's version 1 and TensorFlow Serving have them. */
export const PREDICTIONS: readonly Sample[] = [
  post(path('floats'), {
    instances: [
      [1, 2.5],
      [-3e10, 0],
    ],
  }),
  post(path('floats'), { inputs: [[1, 2]] }),
  post(path('pair'), {
    instances: [
      { a: [1, 2], b: 7 },
      { a: [3, 4], b: 8 },
    ],
  }),
  post(path('pair'), { inputs: { a: [[1, 2]], b: [7] }, more: [{ x: null }] }),
  post(path('texts'), { instances: ['a', { b64: 'aGVsbG8=' }, 'ü\ud83d\ude00'] }),
];

const EVENTS: readonly Sample[] = [
  post(path('floats'), { instances: [[1, 2]] }, { headers: Object.entries({ ...EVENT, ...JSON_TYPE }) }),
  post(
    path('floats'),
    { specversion: '1.0', id: 'a', source: 'b', type: 'c', data: { instances: [[1, 2]] } },
    { headers: [['Content-Type', 'application/cloudevents+json']] },
  ),
  post(
    path('floats'),
    { specversion: '1.0', id: 'a', source: 'b', type: 'c', data_base64: 'eyJpbnN0YW5jZXMiOltbMSwyXV19' },
    { headers: [['Content-Type', 'application/cloudevents+json; charset=utf-8']] },
  ),
  upload(path('texts'), 'image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')),
];

const ROWS = /^\/v1\/models\/\{model\}(?::(?:predict|explain))?$|^\/v1\/models$|^\/v2\/models$/;

/** KServe's version 1 protocol, and CloudEvents. */
export const KSERVE: FuzzTarget = {
  name: 'kserve',
  models: { ...rowModels(), ...ROW_MODEL },
  settings: { kserve: { enabled: true } },
  rows: ROWS,
  make: anyOf([0.6, httpShots(PREDICTIONS)], [0.3, httpShots(EVENTS)], [0.1, httpShots(routeSamples(ROWS))]),
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
  reaches: ['200', '400', '404'],
  shots: 600,
};
