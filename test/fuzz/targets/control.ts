import { echoModel } from '../../support/control-fixture.js';
import { get, httpShots, post, withHeaders } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { EXPLICIT } from './models.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const KEY = 'key-of-admin-0123456789';
const CREDENTIAL = { Authorization: `Bearer ${KEY}` };
const API = '/millrace/v1';

/** Of the form that ids have; of another server. */
const JOB = `abcdefgh-${'a'.repeat(32)}`;

const arms = (...versions: readonly number[]) => versions.map((version) => ({ model: 'fraud', version, weight: 1 }));
const ROUTE = {
  arms: [...arms(3), { name: 'b', model: 'fraud', version: 4, weight: 2 }],
  sticky: { header: 'x-user' },
  rules: [{ when: "headers['x-beta'] == 'yes'", arm: 'b' }],
};
const PLAN = { to: 4, steps: [20, 100], hold_ms: 50, min_requests: 0, max_hold_ms: 50, on_inconclusive: 'proceed' };
const put = (path: string, json: Sample['json'], more: Partial<Sample> = {}) =>
  post(`${API}/${path}`, json, { method: 'PUT', ...more });

const CHANGES: readonly Sample[] = [
  put('routes/live', { arms: arms(3) }),
  put('routes/live', ROUTE),
  ...withHeaders([put('routes/live', { arms: arms(4) })], { 'If-Match': '"1"' }),
  put('routes?dry_run=true', { routes: { a: { arms: arms(3, 4) }, b: null } }),
  put('routes', {
    routes: { live: { arms: arms(3), shadow: { model: 'fraud', version: 4, share: 0.5 }, outcomes: {} } },
  }),
  post(`${API}/routes/live/undo`, {}),
  post(`${API}/routes/live`, {}, { method: 'DELETE' }),
  post(`${API}/models/fraud/labels`, { stable: 3, canary: 4, old: null }, { method: 'PATCH' }),
  post(`${API}/models/fraud/labels/undo`, {}),
  post(`${API}/models/fraud/rollout`, PLAN),
  ...['approve', 'pause', 'resume', 'promote', 'abort'].map((verb) => post(`${API}/models/fraud/rollout/${verb}`, {})),
  post(`${API}/keys`, {
    name: 'one',
    grants: [{ role: 'caller', models: ['fraud'] }],
    expires_in_ms: 1_000,
    owner: 'a',
  }),
  post(`${API}/keys`, { name: 'two', groups: ['team'] }),
  post(`${API}/keys/one/rotate`, { overlap_ms: 10 }),
  post(`${API}/keys/one/revoke`, {}),
  ...['cancel', 'retry', 'redeliver'].map((verb) => post(`${API}/jobs/${JOB}/${verb}`, {})),
  post(`${API}/jobs/${JOB}`, {}, { method: 'DELETE' }),
  ...['pause', 'resume'].map((verb) => post(`${API}/job-queues/fraud/${verb}`, {})),
  post(`${API}/webhook-secret`, {}),
  post(`${API}/feedback`, { request_id: 'none', value: 'good', principal: 'key:admin' }),
];
const LOOKS: readonly Sample[] = [
  ...[
    'jobs?state=failed&model=fraud&all=true&limit=2',
    'jobs?after=3',
    `jobs/${JOB}`,
    `jobs/${JOB}/events?after=3`,
    'job-queues',
    'webhook-secret',
  ].map((path) => get(`${API}/${path}`)),
  ...withHeaders([get(`${API}/jobs/${JOB}/status`)], { Prefer: 'wait=0' }),
  ...['usage?group_by=model&from=2026-01-01', 'usage?group_by=principal,day&format=csv', 'quotas'].map((path) =>
    get(`${API}/${path}`),
  ),
  ...['audit?limit=2&action=route.put', 'audit?principal=key:admin&from=2026-01-01T00:00:00Z', 'doctor'].map((path) =>
    get(`${API}/${path}`),
  ),
  get(`${API}/payloads?limit=2&model=fraud&since=2026-01-01T00:00:00Z`),
  ...['access/explain?action=model.infer&model=fraud', 'access/explain?principal=key:admin&action=key.read'].map(
    (path) => get(`${API}/${path}`),
  ),
  ...[
    'keys?limit=2',
    'keys/one',
    'routes/live',
    'routes/live/history',
    'routes/live/outcomes',
    'routes/live/shadow',
  ].map((path) => get(`${API}/${path}`)),
  ...[
    'models?limit=1&after=a',
    'models/fraud',
    'models/fraud/labels',
    'models/fraud/labels/history',
    'models/fraud/rollout',
    'rollouts',
  ].map((path) => get(`${API}/${path}`)),
  get(`${API}/models/fraud/rollout/evidence`),
  ...['fraud', 'live', 'fraud@canary'].map((name) =>
    post(`/v2/models/${name}/infer`, { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] }),
  ),
];
const ROWS = /^\/millrace\/v1\//;

/** The server's own API: labels, routes, rollouts, jobs, keys, feedback, usage, the audit trail. */
export const CONTROL: FuzzTarget = {
  name: 'control',
  models: { ...ROW_MODEL, 'fraud/model.yaml': echoModel('versions: all'), 'fraud/3/': '', 'fraud/4/': '' },
  settings: {
    repository: EXPLICIT,
    auth: {
      keys: [{ name: 'admin', key: KEY, scopes: [] }],
      bindings: [{ principal: 'key:admin', role: 'admin' }],
      maxFailedKeysPerMinute: 0,
    },
  },
  // A rollout needs a stable version to go over from.
  async prepare({ send }) {
    await send(`PATCH ${API}/models/fraud/labels`, '{"stable":3}', { authorization: `Bearer ${KEY}` });
    return undefined;
  },
  rows: ROWS,
  make: anyOf(
    [0.5, httpShots(withHeaders(CHANGES, CREDENTIAL))],
    [0.25, httpShots(withHeaders(LOOKS, CREDENTIAL))],
    [0.25, httpShots(withHeaders(routeSamples(ROWS), CREDENTIAL))],
  ),
  statuses: [...HTTP_STATUSES, 421, 428],
  codes: GRPC_CODES,
  reaches: ['200', '400', '401', '404', '409'],
  shots: 600,
  credential: CREDENTIAL,
};
