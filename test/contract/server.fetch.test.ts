import { Server as NetServer, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import type { Peer } from '../../src/governance/index.js';
import { createOipDialect } from '../../src/protocols/oip/dialect.js';
import { createDialectContext } from '../support/dialects.js';
import { createFakeService, fakeModelInfo } from '../support/fake-service.js';
import { closeTestServers, createTestServer, EVERYBODY, startTestServer } from '../support/http-server.js';
import { NO_TIMING } from '../support/no-timing.js';
import { type Asked, askByFetch, askOverSocket, requestOf } from '../support/two-ways.js';
import { until } from '../support/until.js';

afterEach(closeTestServers);

const INFER = 'POST /v2/models/m/infer';
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
const BINARY_HEAD = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
  parameters: { binary_data_output: true },
});
const BINARY = Buffer.concat([Buffer.from(BINARY_HEAD), Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)]);

const ROWS: readonly (Asked & { readonly what: string })[] = [
  { what: 'an inference in JSON', line: INFER, body: BODY },
  {
    what: 'an inference in binary',
    line: INFER,
    headers: { 'inference-header-content-length': String(BINARY_HEAD.length) },
    body: BINARY,
  },
  { what: 'a compressed inference', line: INFER, headers: { 'content-encoding': 'gzip' }, body: gzipSync(BODY) },
  { what: 'a damaged compressed body', line: INFER, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
  { what: 'an unknown compression', line: INFER, headers: { 'content-encoding': 'br' }, body: BODY },
  { what: 'bad JSON', line: INFER, body: '{' },
  { what: 'no body', line: INFER },
  { what: 'a body over the limit', line: INFER, body: 'x'.repeat(20_000) },
  {
    what: 'a body over the limit once it is decompressed',
    line: INFER,
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync('x'.repeat(20_000)),
  },
  { what: 'an unknown model', line: 'POST /v2/models/n/infer', body: BODY },
  { what: 'broken percent-encoding', line: 'GET /v2/models/%zz' },
  { what: 'a query', line: 'GET /v2/models/m?x=%20y' },
  { what: 'metadata', line: 'GET /v2/models/m' },
  { what: 'HEAD of metadata', line: 'HEAD /v2/models/m' },
  { what: 'HEAD of an unknown path', line: 'HEAD /nowhere' },
  { what: 'health', line: 'GET /v2/health/ready' },
  { what: 'an unknown path', line: 'GET /nowhere' },
  { what: 'a method that a path does not take', line: 'GET /v2/models/m/infer' },
  { what: 'a method that another path does not take', line: 'DELETE /v2/models/m' },
  { what: 'metrics, which have a port of their own', line: 'GET /metrics' },
  { what: 'a page for browsers', line: 'GET /', headers: { accept: 'text/html' } },
  { what: 'the documentation', line: 'GET /docs' },
  { what: 'the OpenAPI document', line: 'GET /openapi.json' },
  {
    what: 'a preflight',
    line: 'OPTIONS /v2',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
  },
  { what: 'a page that may call', line: 'GET /v2', headers: { origin: 'https://a.example' } },
  { what: 'a page that may not', line: 'GET /v2', headers: { origin: 'https://b.example' } },
  { what: 'two hosts', line: 'GET /v2', headers: { host: 'a@localhost' } },
  { what: 'an expectation that nobody can meet', line: INFER, headers: { expect: 'tea' }, body: BODY },
  { what: 'a malformed timeout', line: INFER, headers: { 'x-request-timeout-ms': 'soon' }, body: BODY },
  { what: 'an unknown transfer coding', line: INFER, headers: { 'transfer-encoding': 'gzip' } },
];

describe('fetch', () => {
  it.each(ROWS)('answers $what as a socket does', async ({ what: _, ...asked }) => {
    const options = { maxInputBytes: 10_000, cors: { origins: ['https://a.example'], maxAgeS: 60 } };
    const { server, port, finished } = await startTestServer({ options });
    const expected = await askOverSocket(port, asked);
    expect(await askByFetch(server.fetch, asked)).toEqual(expected);
    await until('both have finished', () => finished.length === 2);
    const ofSocket = finished.find(({ remoteAddress }) => remoteAddress === '127.0.0.1');
    const ofFetch = finished.find(({ remoteAddress }) => remoteAddress === '');
    expect(strip(ofFetch)).toEqual({ ...strip(ofSocket), remoteAddress: '' });
  });

  it('opens no socket', async () => {
    const listens = vi.spyOn(NetServer.prototype, 'listen');
    const connects = vi.spyOn(Socket.prototype, 'connect');
    const { server } = createTestServer();
    for (const line of [INFER, 'GET /v2']) expect((await server.fetch(requestOf({ line }))).status).toBeLessThan(500);
    expect([listens.mock.calls, connects.mock.calls]).toEqual([[], []]);
  });

  it('takes bodies without a length, in pieces, compressed', async () => {
    const { server } = createTestServer();
    const packed = gzipSync(BODY);
    const body = ReadableStream.from([packed.subarray(0, 5), packed.subarray(5)]);
    const response = await server.fetch(
      requestOf({ line: INFER, headers: { 'content-encoding': 'gzip' } }, { body, duplex: 'half' }),
    );
    expect([response.status, await response.json()]).toMatchObject([200, { outputs: [{ data: [1, 2, 3, 4] }] }]);
  });

  it('gives large answers in chunks of their own, and counts them until they are taken', async () => {
    const data = new Uint8Array(600_000).fill(7);
    const { server, finished } = createTestServer({ service: largeAnswers(data) });
    const asked = { line: INFER, headers: { accept: 'application/octet-stream' }, body: BODY };
    const response = await server.fetch(requestOf(asked));
    expect([response.status, finished]).toEqual([200, []]);
    const reader = response.body?.getReader();
    const sizes: number[] = [];
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
      sizes.push(step.value.byteLength);
      step.value.fill(0);
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(Number(response.headers.get('content-length')));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(262_144);
    expect(data.every((byte) => byte === 7)).toBe(true);
    expect(finished).toMatchObject([{ status: 200, error: undefined }]);
  });

  it('leaves the compression of answers to the program, whose server may not say that they are compressed', async () => {
    const { server } = createTestServer();
    const response = await server.fetch(requestOf({ line: INFER, headers: { 'accept-encoding': 'gzip' }, body: BODY }));
    expect([response.headers.get('content-encoding'), await response.json()]).toMatchObject([
      null,
      { model_name: 'm' },
    ]);
  });

  it('is what a page of the same server calls, at the origin of the URL', async () => {
    const { server } = createTestServer();
    const response = await server.fetch(new Request('https://models.localhost/openapi.json'));
    expect(await response.json()).toMatchObject({ servers: [{ url: 'https://models.localhost' }] });
  });

  it('checks the host of clients on this machine, as for the handler', async () => {
    const { server } = createTestServer();
    const ask = async (address?: string) =>
      (await server.fetch(new Request('http://evil.example/v2'), { address })).status;
    expect([await ask(), await ask('192.0.2.1'), await ask('127.0.0.1')]).toEqual([200, 200, 421]);
  });

  it('refuses a length that is none, or not that of the body', async () => {
    const { server } = createTestServer();
    const errorOf = async (length: string) => {
      const { status, body } = await askByFetch(server.fetch, {
        line: INFER,
        headers: { 'content-length': length },
        body: BODY,
      });
      return [status, JSON.parse(body).error];
    };
    expect(await errorOf('5, 5')).toEqual([400, "header content-length: expected a number of bytes, got '5, 5'"]);
    expect(await errorOf('5')).toEqual([
      400,
      'header content-length: expected the length of the body, got 5, which is less',
    ]);
    expect(await errorOf('500')).toEqual([400, 'the connection ended before the request was complete']);
  });

  it('refuses headers that are too large', async () => {
    const { server } = createTestServer({ options: { maxHeaderBytes: 1_000 } });
    const ask = (length: number) =>
      askByFetch(server.fetch, { line: 'GET /v2', headers: { 'x-long': 'x'.repeat(length) } });
    expect(await ask(900)).toMatchObject({ status: 200 });
    const { status, body } = await ask(1_000);
    expect([status, JSON.parse(body)]).toEqual([
      431,
      { error: 'the headers are too large: expected at most 1000 bytes' },
    ]);
  });

  it('refuses bodies that are no bytes, or have been read', async () => {
    const { server, diagnostics } = createTestServer();
    const ask = async (request: Request) => {
      const response = await server.fetch(request);
      return [response.status, await response.json()];
    };
    const body: ReadableStream = ReadableStream.from(['text']);
    expect(await ask(requestOf({ line: INFER }, { body, duplex: 'half' }))).toEqual([
      400,
      { error: 'the stream of the body gave string: expected bytes (Uint8Array)' },
    ]);
    const read = requestOf({ line: INFER, body: BODY });
    await read.text();
    expect(await ask(read)).toEqual([
      500,
      { error: 'the body has been read already: hand requests to fetch before anything reads them' },
    ]);
    expect(diagnostics).toEqual([]);
  });

  it('refuses what is no request, and options that make no sense', async () => {
    const { server } = createTestServer();
    const request = new Request('http://localhost/v2');
    const refusal = (message: string) => new MillraceError('invalid_argument', message);
    await expect(server.fetch('http://localhost/v2' as unknown as Request)).rejects.toThrow(
      refusal('fetch: expected a Request, got something else; write fetch(new Request(url, init))'),
    );
    await expect(server.fetch(request, { address: 'localhost' })).rejects.toThrow(
      refusal("address: expected an IP address, got 'localhost'"),
    );
    await expect(server.fetch(request, { address: { port: 1 } as unknown as string })).rejects.toThrow(
      refusal('address: expected an IP address, got object'),
    );
    await expect(server.fetch(request, { roles: ['admin'] })).rejects.toThrow(
      refusal('roles: expected a principal that has them, got none'),
    );
    await expect(server.fetch(request, { principal: '' })).rejects.toThrow(
      refusal('principal: expected a name, got an empty text'),
    );
  });

  it('rejects where there can be no answer', async () => {
    const oip = createOipDialect(createDialectContext());
    const handle = () => ({ status: 200, headers: { 'x-bad': 'a\nb' }, body: '' });
    const dialect = {
      ...oip,
      routes: oip.routes.map((route) => (route.path === '/v2' ? { ...route, handle } : route)),
    };
    const { server, finished, diagnostics } = createTestServer({ dependencies: { dialects: [dialect] } });
    await expect(server.fetch(new Request('http://localhost/v2'))).rejects.toMatchObject({ code: 'internal' });
    expect(finished).toMatchObject([{ status: 499 }]);
    expect(diagnostics).toMatchObject([{ level: 'error', message: 'GET /v2 failed unexpectedly' }]);
  });
});

describe('the caller of fetch', () => {
  function serve(requiresKey = false) {
    const peers: Peer[] = [];
    const authenticate = (authorization: string | undefined, peer: Peer): Principal => {
      peers.push(peer);
      if (requiresKey && authorization !== 'Bearer good') throw new MillraceError('unauthenticated', 'no key');
      return EVERYBODY;
    };
    const service = createFakeService();
    return { ...createTestServer({ service, dependencies: { authenticate, requiresKey } }), peers, service };
  }

  it('is never local, and comes from the address that the program says', async () => {
    const { server, peers, finished } = serve();
    for (const address of [undefined, '127.0.0.1', '192.0.2.7']) {
      await server.fetch(requestOf({ line: INFER, body: BODY }), { address });
    }
    expect(peers.map((peer) => [peer.address, peer.isLocal(), peer.isHandedOver])).toEqual([
      ['', false, true],
      ['127.0.0.1', false, true],
      ['192.0.2.7', false, true],
    ]);
    expect(finished.map(({ remoteAddress }) => remoteAddress)).toEqual(['', '127.0.0.1', '192.0.2.7']);
  });

  it('is known by its key', async () => {
    const { server } = serve(true);
    const ask = async (authorization: string, path = '') =>
      (await server.fetch(requestOf({ line: INFER + path, headers: { authorization }, body: BODY }))).status;
    expect([await ask('Bearer good'), await ask('Bearer bad'), await ask('Bearer good', '?api_key=1')]).toEqual([
      200, 401, 401,
    ]);
  });

  it('is whom the program names, whatever credential the request has', async () => {
    const { server, peers, service } = serve(true);
    const request = requestOf({ line: INFER, headers: { authorization: 'Bearer of-the-program' }, body: BODY });
    expect((await server.fetch(request, { principal: 'alice' })).status).toBe(200);
    expect(peers).toEqual([]);
    expect(service.calls.at(-1)?.call.principal).toMatchObject({ name: 'app:alice', rights: { summary: 'caller' } });
  });
});

function strip(event: object | undefined) {
  const { durationMs: _, call: __, error, ...rest } = event as Record<string, unknown>;
  return { ...rest, error: (error as Error | undefined)?.message } as Record<string, unknown>;
}

function largeAnswers(data: Uint8Array) {
  return createFakeService({
    infer: async (_call, _resolved, { id }) => ({
      kind: 'one',
      timing: NO_TIMING,
      response: {
        ref: fakeModelInfo('m', 3).ref,
        id,
        outputs: [{ name: 'y', datatype: 'UINT8', shape: [data.byteLength], data }],
        parameters: {},
      },
    }),
  });
}
