import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type CreateDialect,
  createMillrace,
  type Millrace,
  MillraceError,
  type PartialSettings,
} from '../../src/index.js';
import type { SharedMembers } from '../../src/protocols/index.js';
import { createToyDialect } from '../fixtures/toy-dialect/dialect.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

const RUN = '/toy.Toy/Run';
const KEYS = [
  { name: 'all', key: 'all-0123456789abcdef', scopes: ['infer', 'observe', 'manage'] as const },
  { name: 'reader', key: 'reader-0123456789abcdef', scopes: ['observe'] as const },
];
const WITH_KEY = { 'x-toy-key': KEYS[0]?.key ?? '' };
const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [-1, -1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, -1] }]
`;

let folder: TempFolder;
const running: Millrace[] = [];

beforeAll(async () => {
  folder = await createTempFolder({ 'm/model.yaml': ECHO, 'm/1/': '' });
});
afterAll(() => folder[Symbol.asyncDispose]());
afterEach(async () => {
  await closeGrpcServers();
  for (const millrace of running.splice(0)) await millrace.close();
});

async function start(dialects: readonly CreateDialect[], settings: PartialSettings = {}) {
  const millrace = await createMillrace({
    dialects,
    logDestination: { write: () => undefined },
    settings: {
      repository: { paths: [folder.path] },
      runners: { entry: RUNNER_ENTRY },
      ...settings,
      server: { httpPort: 0, grpcPort: 0, metricsPort: 0, ...settings.server },
    },
  });
  running.push(millrace);
  return millrace.listen();
}

/** The toy dialect with some of it changed. */
const toy =
  (change: Partial<ReturnType<CreateDialect>> = {}): CreateDialect =>
  (context) => ({ ...createToyDialect(context), ...change });

async function ask(url: string, init: RequestInit = {}) {
  const answer = await fetch(url, { ...init, headers: { ...WITH_KEY, ...init.headers } });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text.startsWith('{') ? JSON.parse(text) : text };
}

function numbers(...values: number[]): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).fork();
  for (const value of values) writer.float(value);
  return writer.join().finish();
}

describe('a dialect from outside', () => {
  it('is spoken over HTTP: paths, query, headers and bodies as it wants them', async () => {
    const { http } = await start([createToyDialect], { auth: { keys: KEYS } });
    const type = 'application/x-numbers; charset=odd"';
    const ran = await ask(`${http.url}/toy/m:run?times=2`, {
      method: 'POST',
      body: '{"numbers":[1,2.5]}',
      headers: { 'content-type': type },
    });
    expect(ran).toMatchObject({ status: 200, json: { results: [2, 5], sent: type } });
    expect(ran.headers.get('content-type')).toBe('application/toy+json');
    expect(ran.headers.get('server-timing')).toContain('total');
    const noted = await ask(`${http.url}/toy/a%2Fb:note?q=%C3%A9`, {
      method: 'PUT',
      body: '{not json',
      headers: { 'content-type': 'text/odd' },
    });
    expect(noted).toMatchObject({ status: 200, json: { model: 'a/b', bytes: 9, type: 'text/odd', query: 'é' } });
  });

  it('has large requests decoded in the thread', async () => {
    const { http } = await start([createToyDialect], { auth: { keys: KEYS } });
    const values = Array.from({ length: 40_000 }, (_, index) => index);
    const answer = await ask(`${http.url}/toy/m:run`, { method: 'POST', body: JSON.stringify({ numbers: values }) });
    expect(answer.json.results).toEqual(values);
  });

  it('finds credentials its own way and writes errors its own way, also where no route takes a request', async () => {
    const { http } = await start([createToyDialect], { auth: { keys: KEYS } });
    const run = (path: string, headers: Record<string, string>, body = '{"numbers":[1]}') =>
      fetch(`${http.url}${path}`, { method: 'POST', body, headers }).then(async (answer) => ({
        status: answer.status,
        code: answer.headers.get('x-millrace-error'),
        body: await answer.json(),
      }));
    const oops = (code: string, message: string) => ({ code, body: { oops: { code, message } } });
    expect(await run('/toy/m:run', { 'x-api-key': KEYS[0]?.key ?? '' })).toEqual({
      status: 401,
      ...oops('unauthenticated', 'this server needs a key: send `Authorization: Bearer <key>`'),
    });
    expect(await run('/toy/m:run', { 'x-toy-key': KEYS[1]?.key ?? '' })).toEqual({
      status: 403,
      ...oops('permission_denied', "'key:reader' lacks the right 'model.infer' on 'm'; its roles: viewer"),
    });
    expect(await run('/toy/n:run', WITH_KEY)).toEqual({
      status: 410,
      ...oops('not_found', "Request for unknown model: 'n' is not found"),
    });
    expect(await run('/toy/m:run', WITH_KEY, '[')).toEqual({
      status: 422,
      ...oops('invalid_argument', 'expected {"numbers": […]}'),
    });
    expect(await run('/toy/m:walk', WITH_KEY)).toMatchObject({
      status: 404,
      body: { oops: { message: 'no route POST /toy/m:walk' } },
    });
    expect(await run('/v2/models/n/infer', { authorization: `Bearer ${KEYS[0]?.key}` })).toMatchObject({
      status: 404,
      body: { error: "Request for unknown model: 'n' is not found" },
    });
    expect(await run('/v3', WITH_KEY)).toMatchObject({ status: 404, body: { error: 'no route POST /v3' } });
  });

  it('is spoken over gRPC, with reflection, health and statuses of its own', async () => {
    const { grpc } = await start([createToyDialect], { auth: { keys: KEYS } });
    const client = new GrpcClient(grpc?.url ?? '');
    const call = (model: string, metadata: Record<string, string> = WITH_KEY) =>
      client.unary(numbers(1, 2), { path: RUN, metadata: { ...metadata, 'x-model': model } });
    const { message } = await call('m');
    const reader = new BinaryReader(message ?? new Uint8Array());
    expect([reader.tag()[0], reader.uint32(), reader.float(), reader.float()]).toEqual([1, 8, 1, 2]);
    expect((await call('n')).error).toMatchObject({ code: status.DATA_LOSS });
    expect((await call('m', {})).error).toMatchObject({ code: status.UNAUTHENTICATED });
    const metadata = { authorization: `Bearer ${KEYS[0]?.key}` };
    const watch = client.stream({ path: '/grpc.health.v1.Health/Watch', metadata });
    watch.write(Buffer.concat([Buffer.of(10, 7), Buffer.from('toy.Toy')]));
    expect(await new Promise((resolve) => watch.once('data', resolve))).toEqual(Buffer.of(8, 1));
    watch.on('error', () => undefined).cancel();
    const reflection = client.stream({
      path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      metadata,
    });
    // `file_containing_symbol`
    reflection.end(Buffer.concat([Buffer.of(34, 7), Buffer.from('toy.Toy')]));
    const described = await new Promise<Buffer>((resolve) => reflection.once('data', resolve));
    expect(described.toString('latin1')).toContain('toy.proto');
  });

  it('is documented, counted and shared with', async () => {
    const { http, metrics } = await start([createToyDialect, toy(other())], { auth: { keys: KEYS } });
    const bearer = { authorization: `Bearer ${KEYS[0]?.key}` };
    await ask(`${http.url}/toy/m:run`, { method: 'POST', body: '{"numbers":[1]}' });
    const { json: document } = await ask(`${http.url}/openapi.json`, { headers: bearer });
    expect(document.info.description).toContain('Numbers in, numbers out.');
    const refusals = [401, 403, 410, 413, 422, 429, 503, 504];
    expect(document.paths['/toy/{model}:run'].post).toEqual({
      tags: ['toy'],
      summary: 'Runs a model on numbers',
      operationId: 'postToyModelRun',
      parameters: [{ name: 'model', in: 'path', required: true, schema: { type: 'string' } }],
      requestBody: {
        content: {
          'application/json': { schema: {} },
          'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        },
      },
      responses: {
        200: {
          description: 'The numbers that came out.',
          headers: {
            RateLimit: { $ref: '#/components/headers/RateLimit' },
            'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
          },
        },
        ...Object.fromEntries(refusals.map((code) => [code, { $ref: `#/components/responses/toy.${code}` }])),
      },
      security: [{ key: [] }],
    });
    expect(document.paths['/toy/{model}:note'].put.summary).toBe('Tells what it was sent');
    expect(document['x-toys']).toEqual(['m']);
    const { text } = await ask(`${metrics?.url}/metrics`, { headers: bearer });
    expect(text).toMatch(/http_requests_total\{.*route="\/toy\/\{model\}:run".*\} 1/);
    expect(text).toMatch(/^nv_inference_request_success\{model="m",version="1"\} 1$/m);
    expect((await ask(`${http.url}/v1/models`, { headers: bearer })).json).toMatchObject({
      toys: ['m'],
      others: 1,
      object: 'list',
    });
    expect((await ask(`${http.url}/v1/models/m`, { headers: bearer })).json).toMatchObject({
      toy: { name: 'm', version: 1 },
    });
    expect(await ask(`${http.url}/v1/models/n`, { headers: bearer })).toMatchObject({
      status: 404,
      json: { error: { code: 'model_not_found', message: "model 'n' is not found" } },
    });
  });

  it.each([
    ['with keys', { keys: KEYS }],
    ['without any', { keys: [] }],
  ])('may have its requests signed, %s', async (_how, auth) => {
    const signatures: ReturnType<CreateDialect>['signatures'] = {
      isSigned: (headers) => headers['x-signature'] !== undefined,
      signerOf: ({ headers, body }) => {
        if (headers['x-signature'] === String(body.length)) return Promise.resolve('all');
        throw new MillraceError('unauthenticated', 'the signature is wrong');
      },
    };
    const { http } = await start([toy({ signatures })], { auth });
    const run = async (signature: string) => {
      const headers = { 'x-signature': signature };
      const answer = await fetch(`${http.url}/toy/m:run`, { method: 'POST', body: '{"numbers":[3]}', headers });
      return [answer.status, await answer.json()];
    };
    expect(await run('15')).toEqual([200, expect.objectContaining({ results: [3] })]);
    expect(await run('14')).toEqual([401, { oops: { code: 'unauthenticated', message: 'the signature is wrong' } }]);
  });

  it('may have ports of its own besides the shared ones', async () => {
    const { http, dialects } = await start([toy({ ports: { http: 0 } })], { auth: { keys: KEYS } });
    const run = { method: 'POST', body: '{"numbers":[3]}' };
    for (const url of [http.url, dialects.toy?.http?.url]) {
      expect((await ask(`${url}/toy/m:run`, run)).json.results).toEqual([3]);
    }
    expect(dialects.toy?.grpc).toBeUndefined();
  });

  it('may be served apart, on ports where nothing else is', async () => {
    const apart = toy({ ports: { http: 0, grpc: 0 }, apart: true });
    const { http, grpc, dialects } = await start([apart], { auth: { keys: KEYS } });
    const own = dialects.toy?.http?.url ?? '';
    const body = '{"numbers":[3]}';
    expect((await ask(`${own}/toy/m:run`, { method: 'POST', body })).json.results).toEqual([3]);
    expect(await ask(`${own}/v2`)).toMatchObject({ status: 404, json: { oops: { message: 'no route GET /v2' } } });
    expect((await ask(`${http.url}/toy/m:run`, { method: 'POST', body })).json).toEqual({
      error: 'no route POST /toy/m:run',
    });
    const metadata = { ...WITH_KEY, 'x-model': 'm' };
    const ownClient = new GrpcClient(dialects.toy?.grpc?.url ?? '');
    expect((await ownClient.unary(numbers(3), { path: RUN, metadata })).error).toBeNull();
    const shared = new GrpcClient(grpc?.url ?? '');
    expect((await shared.unary(numbers(3), { path: RUN, metadata })).error).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: "service 'toy.Toy' is not served here",
    });
  });
});

describe('a route that dialects share', () => {
  const bearer = { authorization: `Bearer ${KEYS[0]?.key}` };
  const sharing = (name: string, share: Omit<SharedMembers, 'path'>): CreateDialect =>
    toy({ ...other(), name, shares: [{ path: '/v1/models', ...share }] });

  it('is answered by the one whose header a request has, in its shape and with its errors', async () => {
    const chosen = sharing('chosen', {
      header: 'x-chosen-version',
      members: ['data'],
      answer: () => ({ data: [{ name: 'm' }] }),
    });
    const { http } = await start([createToyDialect, chosen], { auth: { keys: KEYS } });
    const url = `${http.url}/v1/models`;
    const version = { 'x-chosen-version': '1' };
    expect((await ask(url, { headers: { ...bearer, ...version } })).json).toEqual({ data: [{ name: 'm' }] });
    expect((await ask(url, { headers: bearer })).json).toMatchObject({ object: 'list', toys: ['m'] });
    const refused = async (headers = {}) => (await fetch(url, { headers })).json();
    expect(await refused(version)).toMatchObject({ oops: { code: 'unauthenticated' } });
    expect(await refused()).toMatchObject({ error: { type: 'authentication_error' } });
  });

  it('may have a list to which several add, object by object', async () => {
    const models = { key: 'id', members: ['type'] };
    const first = sharing('first', {
      members: ['entries'],
      lists: { entries: models },
      answer: () => ({ entries: [{ id: 'm', type: 'model' }] }),
    });
    const second = sharing('second', {
      members: ['entries', 'more'],
      lists: { entries: { key: 'id', members: ['size'] } },
      answer: () => ({ entries: [{ id: 'n' }, { id: 'm', size: 1 }], more: false }),
    });
    const { http } = await start([first, second], { auth: { keys: KEYS } });
    const { json } = await ask(`${http.url}/v1/models`, { headers: bearer });
    expect([json.entries, json.more]).toEqual([[{ id: 'm', type: 'model', size: 1 }, { id: 'n' }], false]);
    const third = sharing('third', { members: ['entries'], lists: { entries: models }, answer: () => ({}) });
    await expect(start([first, third])).rejects.toThrow(
      "the dialects 'first' and 'third' both add 'entries[].type' to GET /v1/models",
    );
    const fourth = sharing('fourth', {
      members: ['entries'],
      lists: { entries: { key: 'name', members: [] } },
      answer: () => ({}),
    });
    await expect(start([first, fourth])).rejects.toThrow(
      "the dialects 'first' and 'fourth' both add 'entries' to GET /v1/models",
    );
  });

  it('cannot be asked for by one header in two dialects', async () => {
    const one = { header: 'x-version', members: [], answer: () => ({}) };
    await expect(start([sharing('a', one), sharing('b', one)])).rejects.toThrow(
      "the dialects 'a' and 'b' are both asked for by the header 'x-version' of GET /v1/models",
    );
  });
});

/** A second dialect that claims nothing of the first one's. */
function other(): Partial<ReturnType<CreateDialect>> {
  return {
    name: 'other',
    routes: [],
    loadGrpc: async () => ({ methods: [], files: () => [], status: OTHER_STATUS }),
    shares: [{ path: '/v1/models', members: ['others'], answer: () => ({ others: 1 }) }],
  };
}

const OTHER_STATUS = createToyDialect({} as Parameters<CreateDialect>[0]).status;

describe('a route that yields', () => {
  const twin = (yields: boolean): CreateDialect => {
    const [run] = createToyDialect({} as Parameters<CreateDialect>[0]).routes;
    if (run === undefined) throw new Error('the toy dialect has no route');
    const handle = () => ({ status: 299, headers: {}, body: '' });
    return toy({ ...other(), name: 'twin', shares: [], routes: [{ ...run, path: '/toy/{name}:run', yields, handle }] });
  };
  const statusOfRun = async (dialects: readonly CreateDialect[]) => {
    const { http } = await start(dialects, { auth: { keys: KEYS } });
    return (await ask(`${http.url}/toy/m:run`, { method: 'POST', body: '{"numbers":[1]}' })).status;
  };

  it('is left to another dialect that has the same', async () => {
    expect(await statusOfRun([twin(true), createToyDialect])).toBe(200);
    expect(await statusOfRun([twin(true)])).toBe(299);
  });
});

describe('dialects that collide', () => {
  const route = (path: string): Partial<ReturnType<CreateDialect>> => {
    const [run] = createToyDialect({} as Parameters<CreateDialect>[0]).routes;
    if (run === undefined) throw new Error('the toy dialect has no route');
    return { name: 'other', shares: [], routes: [{ ...run, path }] };
  };

  it.each([
    [
      'a route of another',
      toy(route('/toy/{name}:run')),
      "POST /toy/{name}:run is claimed by the dialects 'toy' and 'other'",
    ],
    [
      'a built-in one',
      toy(route('/v2/models/{m}/infer')),
      "POST /v2/models/{m}/infer is claimed by the dialects 'oip' and 'other'",
    ],
    [
      "the server's own prefix",
      toy(route('/millrace/v1/keys')),
      "the dialect 'other' claims POST /millrace/v1/keys, which is the server's own",
    ],
    [
      'a member of another',
      toy({ name: 'other', routes: [] }),
      "the dialects 'toy' and 'other' both add 'toys' to GET /v1/models",
    ],
  ])('by %s are refused at the start', async (_what, second, message) => {
    await expect(start([createToyDialect, second])).rejects.toThrow(message);
  });

  it('over gRPC are refused at the start', async () => {
    await expect(start([createToyDialect, toy({ name: 'other', routes: [], shares: [] })])).rejects.toThrow(
      "/toy.Toy/Run is claimed by the dialects 'toy' and 'other'",
    );
  });
});
