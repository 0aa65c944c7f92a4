import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/governance/index.js';
import type { GrpcMethod } from '../../src/protocols/index.js';
import type { Address } from '../../src/server/index.js';
import { askGrpc } from '../support/access-grpc.js';
import { askFetch, askHttp } from '../support/access-http.js';
import type { AccessRow } from '../support/access-row.js';
import { GRPC_READING_ROWS, GRPC_ROWS, HTTP_ROWS } from '../support/access-rows.js';
import {
  ALL_ON,
  CALLERS,
  type Caller,
  GRPC_STATUSES,
  HTTP_STATUSES,
  idOf,
  keyOf,
  ROLES,
  readAccessTables,
  verdictFor,
} from '../support/access-tables.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ChangesReader, readTrail } from '../support/audit-trail.js';
import { echoModel } from '../support/control-fixture.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { until } from '../support/until.js';

const { dialects, own, shared, docs, fallbacks, methods: GRPC_METHODS } = await readAccessTables();
const DIALECT_ROUTES = own.map(({ route }) => route);
const REST = [...DIALECT_ROUTES, ...shared, ...fallbacks, ...docs];

const headersOf = (caller: Caller): Record<string, string> =>
  caller === 'nobody' ? {} : { authorization: `Bearer ${keyOf(caller)}` };

it('every route and every method has its row, and no row is left over', () => {
  expect(Object.keys(HTTP_ROWS).sort()).toEqual([...REST.map(idOf), 'GET /metrics'].sort());
  expect(Object.keys(GRPC_ROWS).sort()).toEqual(GRPC_METHODS.map(({ path }) => path).sort());
});

it('what moves to the admin port is in the audit trail', () => {
  const changing = [
    ...DIALECT_ROUTES.filter(({ control }) => control).map((route) => HTTP_ROWS[idOf(route)]),
    ...GRPC_METHODS.filter(({ control }) => control).map(({ path }) => GRPC_ROWS[path]),
  ];
  expect(changing.length).toBeGreaterThan(10);
  expect(changing.filter((row) => row?.audit === undefined)).toEqual([]);
});

/** Entries of the audit trail that a request leaves, but for refusals. */
function trailOf(caller: Caller, row: AccessRow): readonly string[] {
  if (row.audit === undefined || verdictFor(caller, row) !== 'served') return [];
  const entry = (rest: string) => `key:${caller} ${row.audit} ${rest}`;
  return [entry('intent'), entry(row.answers === undefined ? 'ok' : 'error')];
}

function describeTrail(changes: readonly string[]): readonly string[] {
  return changes.map((change) => change.replace(/ (?!intent|ok)[a-z_]+$/, ' error'));
}

function askAs(caller: Caller, { port, url }: Address, id: string) {
  const place = port === 0 ? { socketPath: url.slice('unix:'.length) } : { host: '127.0.0.1', port };
  return askHttp(place, id, { headers: headersOf(caller) });
}

describe.each([-1, 0])('who may do what with admin port %i', (adminPort) => {
  let server: AppServer;
  let changes: ChangesReader;
  /** Answers that say so. */
  let refusals = 0;
  beforeAll(async () => {
    const socket = (name: string) => join(tmpdir(), `millrace-access-${process.pid}-${name}`);
    server = await startAppServer(
      { 'echo/1/': '', 'echo/model.yaml': echoModel() },
      {
        repository: { controlMode: 'explicit', loadModels: ['*'] },
        auth: {
          maxFailedKeysPerMinute: 0,
          keys: [
            ...['roleless', 'elsewhere', ...ROLES].map((name) => ({ name, key: keyOf(name), scopes: [] })),
            ...SCOPES.map((scope) => ({ name: scope, key: keyOf(scope), scopes: [scope] })),
          ],
          bindings: [
            ...ROLES.map((role) => ({ principal: `key:${role}`, role })),
            { principal: 'key:elsewhere', role: 'admin', models: ['elsewhere*'] },
          ],
        },
        server: { adminPort, httpSocket: socket('http'), grpcSocket: socket('grpc') },
        ...ALL_ON,
        tei: { ...ALL_ON.tei, httpPort: 0, model: 'echo' },
        tfs: { ...ALL_ON.tfs, httpPort: 0 },
        sharedMemory: { enabled: true },
      },
    );
    changes = new ChangesReader(server);
  });
  afterAll(async () => {
    await closeGrpcServers();
    await server[Symbol.asyncDispose]();
  });

  /** Entries of changes that `work` adds to the audit trail, where so many are expected, and its result. */
  async function trailed<Result>(expected: number, work: Promise<Result>) {
    changes.next();
    const result = await work;
    const trail: string[] = [];
    await until('the end of the change is recorded', () => {
      trail.push(...changes.next());
      return trail.length >= expected;
    });
    return { result, trail: describeTrail(trail) };
  }

  const onRest = adminPort < 0 ? REST : REST.filter((route) => !('control' in route && route.control));
  const listeners = [
    ...onRest.flatMap((route) => [['http', idOf(route)] as const, ['httpSocket', idOf(route)] as const]),
    ...onRest.map((route) => ['fetch', idOf(route)] as const),
    ...(adminPort < 0
      ? []
      : [...DIALECT_ROUTES.filter(({ inference }) => inference !== true), ...fallbacks].map(
          (route) => ['admin', idOf(route)] as const,
        )),
    ['metrics', 'GET /metrics'] as const,
  ];
  it.each(listeners)('on %s: %s', async (listener, id) => {
    const row = HTTP_ROWS[id] as AccessRow;
    for (const caller of CALLERS) {
      const expected = trailOf(caller, row);
      const verdict = verdictFor(caller, row);
      const asked =
        listener === 'fetch'
          ? askFetch(server.app.fetch, id, { headers: headersOf(caller) })
          : askAs(caller, server.addresses[listener] as Address, id);
      const { result, trail } = await trailed(expected.length, asked);
      if (verdict === 'unauthenticated' || verdict === 'permission_denied') refusals++;
      expect([caller, result.status]).toEqual([caller, HTTP_STATUSES[verdict](row)]);
      expect(trail).toEqual(expected);
    }
  });

  // On a port of its own, TEI has the routes of one model without its name.
  const ownPortRoutes = dialects.flatMap(({ name, ownPortRoutes: routes = [] }) =>
    routes.map((route) => [name, idOf(route), route.path] as const),
  );
  it.each(ownPortRoutes)("on the port of '%s': %s", async (dialect, id, path) => {
    const [method, rest = ''] = id.split(' ');
    // TensorFlow Serving has the server's metrics there.
    const rowId = dialect === 'tfs' ? 'GET /metrics' : `${method} /${dialect}/{model}${rest === '/' ? '' : rest}`;
    const row = HTTP_ROWS[rowId] as AccessRow;
    const { port } = (server.addresses.dialects[dialect] as { readonly http: Address }).http;
    for (const caller of CALLERS) {
      const { status } = await askHttp({ host: '127.0.0.1', port }, rowId, { headers: headersOf(caller), path });
      const verdict = verdictFor(caller, row);
      if (verdict === 'unauthenticated' || verdict === 'permission_denied') refusals++;
      expect([caller, status]).toEqual([caller, HTTP_STATUSES[verdict](row)]);
    }
  });

  const methods = [...Object.entries(GRPC_ROWS), ...Object.entries(GRPC_READING_ROWS)].flatMap(([path, row]) => [
    ['grpc', path, row] as const,
    ['grpcSocket', path, row] as const,
  ]);
  it.each(methods)('on %s: %s', async (listener, path, row) => {
    const method = GRPC_METHODS.find((each) => each.path === path) as GrpcMethod;
    const client = new GrpcClient(server.addresses[listener]?.url ?? '');
    const elsewhere = adminPort >= 0 && method.control;
    for (const caller of CALLERS) {
      const recorded = elsewhere ? [] : trailOf(caller, row);
      const asked = askGrpc(client, { method, request: row.request, metadata: headersOf(caller) });
      const { result, trail } = await trailed(recorded.length, asked);
      const expected = verdictFor(caller, row);
      // Before anybody looks at the role.
      const verdict = elsewhere && expected !== 'unauthenticated' ? 'permission_denied' : expected;
      if (verdict === 'unauthenticated' || verdict === 'permission_denied') refusals++;
      expect([caller, result]).toEqual([caller, GRPC_STATUSES[verdict](row)]);
      expect(trail).toEqual(recorded);
    }
  });

  it('what changes the server is on the REST port only where there is no other', async () => {
    for (const route of DIALECT_ROUTES.filter(({ control }) => control)) {
      const { text } = await askAs('manage', server.addresses.http, idOf(route));
      expect([idOf(route), /no route [A-Z]|does not take/.test(text)]).toEqual([idOf(route), adminPort >= 0]);
    }
  });

  it('all that was refused is in the audit trail', async () => {
    await server.app.close();
    const counted = readTrail(server)
      .filter(({ type }) => type === 'refusal')
      .reduce((sum, { count }) => sum + Number(count), 0);
    expect(refusals).toBeGreaterThan(500);
    // What somebody does not see is refused as well, though it is answered as if it were not there.
    expect(counted).toBeGreaterThanOrEqual(refusals);
  });
});
