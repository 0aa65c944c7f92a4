import { once } from 'node:events';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { type Action, systemClock } from '../../src/core/index.js';
import { BUILT_IN_ROLES, type BuiltInRole, ROLES_OF_SCOPE, SCOPES, type Scope } from '../../src/governance/index.js';
import { createSharedRoutes, DIALECT_OPTIONS, loadGrpcServices, type Route } from '../../src/protocols/index.js';
import { createDocsRoutes } from '../../src/server/docs.js';
import type { Address } from '../../src/server/index.js';
import { type AccessRow, GRPC_READING_ROWS, GRPC_ROWS, HTTP_ROWS, pathOf } from '../support/access-rows.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { readChanges, readTrail } from '../support/audit-trail.js';
import { echoModel } from '../support/control-fixture.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { until } from '../support/until.js';

const ROLES = Object.keys(BUILT_IN_ROLES) as readonly BuiltInRole[];
/**
 * Who has nothing, what is no key, a key with no right at all, one for each scope, one for each role, and one for everybody's work but on
 * other models.
 */
const CALLERS = ['nobody', 'stranger', 'roleless', ...SCOPES, ...ROLES, 'elsewhere'] as const;
type Caller = (typeof CALLERS)[number];
const keyOf = (caller: string) => `${caller}-key-0123456789`;
const headersOf = (caller: Caller): Record<string, string> =>
  caller === 'nobody' ? {} : { authorization: `Bearer ${keyOf(caller)}` };

const ALL_ON = Object.fromEntries(Object.keys(DIALECT_OPTIONS).map((name) => [name, { enabled: true }]));

/** The tables from which the server makes its routes. */
const unstarted = await createApp(createSettings({ ...ALL_ON, telemetry: { logLevel: 'silent' } }));
afterAll(() => unstarted.close());
const { service } = unstarted;
const idOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;
/** Those that yield to others have the same rows. */
const DIALECT_ROUTES = [
  ...new Map(
    unstarted.dialects
      .flatMap(({ routes }) => routes)
      .sort((a, b) => Number(b.yields === true) - Number(a.yields === true))
      .map((route) => [idOf(route), route]),
  ).values(),
];
const DOCS = createDocsRoutes({
  service,
  dialects: [],
  requiresKey: true,
  document: () => ({}),
  grpcAt: () => undefined,
});
const GRPC_METHODS = (await loadGrpcServices(unstarted.dialects, { service, clock: systemClock })).map(
  ({ method }) => method,
);
const SHARED = createSharedRoutes(unstarted.dialects).map(({ route }) => route);
const REST = [...DIALECT_ROUTES, ...SHARED, ...DOCS];

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

/** `unknown`: as if nothing had the name. */
type Verdict = 'served' | 'unauthenticated' | 'permission_denied' | 'unknown';

function rolesOf(caller: Caller): readonly BuiltInRole[] {
  if (caller === 'elsewhere') return ['admin'];
  if (ROLES.some((role) => role === caller)) return [caller as BuiltInRole];
  return SCOPES.some((scope) => scope === caller) ? ROLES_OF_SCOPE[caller as Scope] : [];
}

function verdictFor(caller: Caller, { needs, on = 'name' }: AccessRow): Verdict {
  if (needs === 'nothing') return 'served';
  if (caller === 'nobody' || caller === 'stranger') return 'unauthenticated';
  if (needs === 'a credential') return 'served';
  const actions = rolesOf(caller).flatMap((role): readonly Action[] => BUILT_IN_ROLES[role]);
  const hasRight = [needs].flat().some((action) => actions.includes(action));
  if (caller === 'elsewhere') return on === 'anything' ? 'served' : on === 'name' ? 'unknown' : 'permission_denied';
  if (hasRight) return 'served';
  return actions.length === 0 && on === 'name' ? 'unknown' : 'permission_denied';
}

/** Entries of the audit trail that a request leaves, but for refusals. */
function trailOf(caller: Caller, row: AccessRow): readonly string[] {
  if (row.audit === undefined || verdictFor(caller, row) !== 'served') return [];
  const entry = (rest: string) => `key:${caller} ${row.audit} ${rest}`;
  return [entry('intent'), entry(row.answers === undefined ? 'ok' : 'error')];
}

function describeTrail(changes: readonly string[]): readonly string[] {
  return changes.map((change) => change.replace(/ (?!intent|ok)[a-z_]+$/, ' error'));
}

type Statuses = Readonly<Record<Verdict, (row: AccessRow) => number>>;
const HTTP_STATUSES: Statuses = {
  served: ({ answers = 200 }) => answers,
  unauthenticated: () => 401,
  permission_denied: () => 403,
  unknown: ({ unknown = 404 }) => unknown,
};
const GRPC_STATUSES: Statuses = {
  served: ({ answers = 0 }) => answers,
  unauthenticated: () => 16,
  permission_denied: () => 7,
  unknown: ({ unknown = 5 }) => unknown,
};

async function askHttp({ port, url }: Address, id: string, caller: Caller) {
  const [method = '', path = ''] = id.split(' ');
  const body = method === 'POST' || method === 'PUT' ? JSON.stringify(HTTP_ROWS[id]?.request ?? {}) : '';
  const headers = { ...headersOf(caller), host: 'localhost', 'content-length': String(Buffer.byteLength(body)) };
  const target = port === 0 ? { socketPath: url.slice('unix:'.length) } : { host: '127.0.0.1', port };
  const sent = request({ ...target, method, headers, path: pathOf(path, method) }).end(body);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode as number, text };
}

/** The status of a call; of a stream of inferences what its first answer says. */
async function askGrpc(client: GrpcClient, path: string, caller: Caller, json: object = {}) {
  const kind = GRPC_METHODS.find((method) => method.path === path)?.kind;
  const message = requestBytes(path, json);
  const options = { path, metadata: headersOf(caller) };
  const code =
    kind === 'stream'
      ? await firstOfStream(client, options, message)
      : (await client.unary(message, options)).status.code;
  return { status: code };
}

async function firstOfStream(client: GrpcClient, options: object, message: Uint8Array): Promise<number> {
  const stream = client.stream(options);
  stream.on('error', () => undefined);
  stream.write(Buffer.from(message));
  return new Promise((resolve) => {
    stream.on('data', (answer: Buffer) => {
      resolve(answer.includes('lacks the right') ? 7 : answer.includes('unknown model') ? 5 : 0);
      stream.cancel();
    });
    stream.on('status', ({ code }) => resolve(code));
    stream.on('end', () => undefined);
  });
}

describe.each([-1, 0])('who may do what with admin port %i', (adminPort) => {
  let server: AppServer;
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
        sharedMemory: { enabled: true },
      },
    );
  });
  afterAll(async () => {
    await closeGrpcServers();
    await server[Symbol.asyncDispose]();
  });

  /** Entries of changes that `work` adds to the audit trail, where so many are expected, and its result. */
  async function trailed<Result>(expected: number, work: Promise<Result>) {
    const before = readChanges(server).length;
    const result = await work;
    if (expected > 0) {
      await until('the end of the change is recorded', () => readChanges(server).length >= before + expected);
    }
    return { result, trail: describeTrail(readChanges(server).slice(before)) };
  }

  const onRest = adminPort < 0 ? REST : REST.filter((route) => !('control' in route && route.control));
  const listeners = [
    ...onRest.flatMap((route) => [['http', idOf(route)] as const, ['httpSocket', idOf(route)] as const]),
    ...(adminPort < 0
      ? []
      : DIALECT_ROUTES.filter(({ inference }) => inference !== true).map((route) => ['admin', idOf(route)] as const)),
    ['metrics', 'GET /metrics'] as const,
  ];
  it.each(listeners)('on %s: %s', async (listener, id) => {
    const row = HTTP_ROWS[id] as AccessRow;
    for (const caller of CALLERS) {
      const expected = trailOf(caller, row);
      const verdict = verdictFor(caller, row);
      const asked = askHttp(server.addresses[listener] as Address, id, caller);
      const { result, trail } = await trailed(expected.length, asked);
      if (verdict === 'unauthenticated' || verdict === 'permission_denied') refusals++;
      expect([caller, result.status]).toEqual([caller, HTTP_STATUSES[verdict](row)]);
      expect(trail).toEqual(expected);
    }
  });

  const methods = [...Object.entries(GRPC_ROWS), ...Object.entries(GRPC_READING_ROWS)].flatMap(([path, row]) => [
    ['grpc', path, row] as const,
    ['grpcSocket', path, row] as const,
  ]);
  it.each(methods)('on %s: %s', async (listener, path, row) => {
    const client = new GrpcClient(server.addresses[listener]?.url ?? '');
    const elsewhere = adminPort >= 0 && GRPC_METHODS.some((method) => method.path === path && method.control);
    for (const caller of CALLERS) {
      const changes = elsewhere ? [] : trailOf(caller, row);
      const { result, trail } = await trailed(changes.length, askGrpc(client, path, caller, row.request));
      const expected = verdictFor(caller, row);
      // Before anybody looks at the role.
      const verdict = elsewhere && expected !== 'unauthenticated' ? 'permission_denied' : expected;
      if (verdict === 'unauthenticated' || verdict === 'permission_denied') refusals++;
      expect([caller, result.status]).toEqual([caller, GRPC_STATUSES[verdict](row)]);
      expect(trail).toEqual(changes);
    }
  });

  it('what changes the server is on the REST port only where there is no other', async () => {
    for (const route of DIALECT_ROUTES.filter(({ control }) => control)) {
      const { text } = await askHttp(server.addresses.http, idOf(route), 'manage');
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
