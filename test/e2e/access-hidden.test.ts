import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DIALECTS } from '../../src/config/index.js';
import { BUILT_IN_ROLES, type BuiltInRole } from '../../src/governance/index.js';
import { GRPC_ROWS, HTTP_ROWS } from '../support/access-rows.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { echoModel } from '../support/control-fixture.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

/** Names that something has, and as many that nothing has. */
const MODEL = 'echo';
const ROUTE = 'split';
const NOTHING: Readonly<Record<string, string>> = { [MODEL]: 'ohce', [ROUTE]: 'tilps' };

interface Stranger {
  readonly name: string;
  readonly role: BuiltInRole;
  readonly models: readonly string[];
}

/** Some with rights on names that are much like those, and one with none. */
const STRANGERS: readonly Stranger[] = fc
  .sample(
    fc.record({
      role: fc.constantFrom(...(Object.keys(BUILT_IN_ROLES) as BuiltInRole[])),
      models: fc.array(
        fc.constantFrom('ech', 'echo2', 'xecho*', 'e*x', 'echo@x', 'spli', 'split@*', 'ECHO', 'e.ho', '*o?', 'nobody*'),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { numRuns: 12, seed: 13 },
  )
  .map((stranger, index) => ({ ...stranger, name: `stranger-${index}` }));
const keyOf = ({ name }: Pick<Stranger, 'name'>) => `${name}-key-0123456789`;
const NOBODY: Pick<Stranger, 'name'> = { name: 'nobody' };

const ALL_ON = Object.fromEntries(DIALECTS.map(({ name }) => [name, { enabled: true }]));

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'echo/1/': '',
      'echo/model.yaml': echoModel('labels: { l: 1 }'),
    },
    {
      repository: { controlMode: 'explicit', loadModels: ['*'] },
      auth: {
        maxFailedKeysPerMinute: 0,
        keys: [NOBODY, ...STRANGERS].map(({ name }) => ({ name, key: keyOf({ name }), scopes: [] })),
        bindings: STRANGERS.map(({ name, role, models }) => ({ principal: `key:${name}`, role, models: [...models] })),
      },
      routes: { [ROUTE]: { arms: [{ model: MODEL, label: 'l', weight: 1 }], outcomes: { kind: 'binary' } } },
      ...ALL_ON,
      openai: { enabled: true, maxTextBytes: MAX_TEXT_BYTES },
    },
  );
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

/** The same request, or answer, about what is not there. */
function aboutNothing(text: string): string {
  return text.replaceAll(MODEL, NOTHING[MODEL] as string).replaceAll(ROUTE, NOTHING[ROUTE] as string);
}

/** What differs with each request of the same caller. */
const OF_REQUEST = new Set([
  'date',
  'x-request-id',
  'request-id',
  'traceparent',
  'server-timing',
  'x-amzn-requestid',
  'etag',
]);

function fill(path: string): string {
  const names: Readonly<Record<string, string>> = {
    model: MODEL,
    endpoint: MODEL,
    route: ROUTE,
    version: '1',
    label: 'l',
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? 'x');
}

async function askHttp(
  id: string,
  key: string,
  edit: (text: string) => string,
  write: (request: object) => string = JSON.stringify,
): Promise<string> {
  const [method = '', path = ''] = id.split(' ');
  const body = method === 'GET' ? '' : edit(write(HTTP_ROWS[id]?.request ?? {}));
  const headers = { authorization: `Bearer ${key}`, host: 'localhost' };
  const answer = await server.send(`${method} ${edit(fill(path))}`, body, headers);
  const kept = Object.entries(answer.headers).filter(([name]) => !OF_REQUEST.has(name));
  const text = answer.body.toString().replaceAll(/"(?:request_?id|RequestId)":"[^"]*"|; its roles: [^"]*/gi, '');
  return JSON.stringify([answer.status, kept.toSorted(), text]);
}

const named = (path: string, request: object = {}) =>
  /\{(?:model|endpoint|route)\}/.test(path) || JSON.stringify(request).includes(MODEL);

const HTTP_IDS = Object.entries(HTTP_ROWS).flatMap(([id, { request }]) => (named(id, request) ? [id] : []));

it.each(HTTP_IDS)('%s answers for what is hidden as for what is not there', async (id) => {
  for (const caller of [NOBODY, ...STRANGERS]) {
    const key = keyOf(caller);
    const hidden = await askHttp(id, key, (text) => text);
    expect([caller, aboutNothing(hidden)]).toEqual([caller, await askHttp(id, key, aboutNothing)]);
  }
});

/** Too much for the event loop, and too much at all. */
const LARGE = 'a'.repeat(140_000);
const MAX_TEXT_BYTES = 150_000;

/** Bodies that are wrong in one way each, made of one that is right. */
const MALFORMED: Readonly<Record<string, (request: object) => string>> = {
  cut: (request) => JSON.stringify(request).slice(0, -1),
  'with something behind it': (request) => `${JSON.stringify(request)}x`,
  'with members of a wrong type': (request) =>
    JSON.stringify(
      Object.fromEntries(Object.entries(request).map(([name, value]) => [name, name === 'model' ? value : 5])),
    ),
  'large, with an unknown member': (request) => JSON.stringify({ unknown: LARGE, ...request }),
  'large and cut': (request) => JSON.stringify({ ...request, unknown: LARGE }).slice(0, -1),
  'too large': (request) => JSON.stringify({ ...request, unknown: `${LARGE}${LARGE}` }),
};

const POST_IDS = HTTP_IDS.filter((id) => id.startsWith('POST '));

it.each(Object.entries(MALFORMED))(
  'a body that is %s is answered for what is hidden as for what is not there',
  async (_, edit) => {
    for (const id of POST_IDS) {
      for (const caller of [NOBODY, STRANGERS[0] as Stranger]) {
        const ask = (about: (text: string) => string) => askHttp(id, keyOf(caller), about, edit);
        expect([id, caller, aboutNothing(await ask((text) => text))]).toEqual([id, caller, await ask(aboutNothing)]);
      }
    }
  },
);

const GRPC_PATHS = Object.entries(GRPC_ROWS).flatMap(([path, { request }]) =>
  named('', request) && !path.includes('Stream') ? [path] : [],
);

it.each(GRPC_PATHS)('%s answers for what is hidden as for what is not there', async (path) => {
  const client = new GrpcClient(server.addresses.grpc?.url ?? '');
  const ask = async (key: string, edit: (text: string) => string) => {
    const request: object = JSON.parse(edit(JSON.stringify(GRPC_ROWS[path]?.request)));
    const { status } = await client.unary(requestBytes(path, request), {
      path,
      metadata: { authorization: `Bearer ${key}` },
    });
    return `${status.code} ${status.details}`;
  };
  for (const caller of [NOBODY, ...STRANGERS]) {
    const hidden = await ask(keyOf(caller), (text) => text);
    expect([caller, aboutNothing(hidden)]).toEqual([caller, await ask(keyOf(caller), aboutNothing)]);
  }
});

it('is in no list either, and nothing of it has been changed', async () => {
  const lists = [
    'GET /v2/models/stats',
    'POST /v2/repository/index',
    'GET /v1/models',
    'GET /v2/models',
    'GET /models',
  ];
  for (const line of [
    ...lists,
    'GET /millrace/v1/routes',
    'GET /millrace/v1/rollouts',
    'GET /openapi.json',
    'GET /metrics',
  ]) {
    for (const caller of [NOBODY, ...STRANGERS]) {
      const { body } = await server.send(line, '', { authorization: `Bearer ${keyOf(caller)}`, host: 'localhost' });
      // Not the parameter of that name of OpenAI's.
      const found = /.{0,60}"(?:echo|split)"(?!:\{"type")/.exec(body.toString())?.[0];
      expect([line, caller, found]).toEqual([line, caller, undefined]);
    }
  }
  expect(server.app.engine.serving(MODEL)).toHaveLength(1);
});
