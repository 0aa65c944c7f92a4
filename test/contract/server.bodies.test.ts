import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/index.js';
import { createOipDialect } from '../../src/protocols/oip/dialect.js';
import { createDialectContext } from '../support/dialects.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';
import { withCases } from '../support/service-of.js';

afterEach(closeTestServers);

const PATH = 'POST /v2/models/m/infer';
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });

function jsonOf({ status, body }: RawResponse): { readonly status: number; readonly body: unknown } {
  return { status, body: JSON.parse(body.toString()) };
}

async function exchange(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<RawResponse> {
  const client = await RawClient.connect(port);
  client.send(...parts);
  return client.response();
}

function head(headers: Readonly<Record<string, string>>): string {
  return requestText(PATH, headers);
}

describe('a body', () => {
  it('may come in pieces, with a length or chunked', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': String(BODY.length) }), BODY.slice(0, 10), BODY.slice(10));
    expect((await client.response()).status).toBe(200);
    const chunks = [BODY.slice(0, 7), BODY.slice(7)].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    client.send(head({ 'transfer-encoding': 'chunked' }), ...chunks, '0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
  });

  it('that a handler refuses at once is answered, also where it came in pieces', async () => {
    const oip = createOipDialect(createDialectContext());
    const handle = () => {
      throw new MillraceError('invalid_argument', 'this is no request');
    };
    const dialect = { ...oip, routes: oip.routes.map((route) => ({ ...route, handle })) };
    const { port } = await startTestServer({ dependencies: { dialects: [dialect] } });
    const response = await exchange(port, head({ 'transfer-encoding': 'chunked' }), '2\r\n{}\r\n', '0\r\n\r\n');
    expect(jsonOf(response)).toEqual({ status: 400, body: { error: 'this is no request' } });
  });

  it('whose announced length is over the limit is refused before a byte of it is read, and the client can read why', async () => {
    const { port, finishedWith } = await startTestServer({ options: { maxInputBytes: 100_000 } });
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': '200000' }), Buffer.alloc(50_000));
    const response = await client.response();
    expect(jsonOf(response)).toEqual({
      status: 413,
      body: { error: 'the body is too large: expected at most 100000 bytes, got 200000 bytes' },
    });
    expect(response.headers.connection).toBe('close');
    client.send(Buffer.alloc(150_000));
    await client.closed;
    expect(await finishedWith(() => true)).toMatchObject({ status: 413, route: '/v2/models/{model}/infer' });
  });

  it('a little over the limit is read away, and the connection stays usable', async () => {
    const { port } = await startTestServer({ options: { maxInputBytes: 100 } });
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': '150' }), Buffer.alloc(150));
    expect((await client.response()).status).toBe(413);
    client.send(requestText('GET /v2/health/live'));
    expect((await client.response()).status).toBe(200);
  });

  it('that grows over the limit while it is read is refused', async () => {
    const { port } = await startTestServer({ options: { maxInputBytes: 100 } });
    const client = await RawClient.connect(port);
    client.send(head({ 'transfer-encoding': 'chunked' }), `78\r\n${'x'.repeat(120)}\r\n`);
    expect(jsonOf(await client.response())).toEqual({
      status: 413,
      body: { error: 'the body is too large: expected at most 100 bytes, got more' },
    });
    client.send('0\r\n\r\n');
    await client.closed;
  });

  it('of a client that asks first is refused before it is sent', async () => {
    const { port } = await startTestServer({ options: { maxInputBytes: 100 } });
    const response = await exchange(port, head({ 'content-length': '200000', expect: '100-continue' }));
    expect(response.status).toBe(413);
  });

  it('of a client that asks first is asked for', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': String(BODY.length), expect: '100-continue' }));
    expect((await client.response()).status).toBe(100);
    client.send(BODY);
    expect((await client.response()).status).toBe(200);
  });

  it('with an expectation that nobody can meet is refused', async () => {
    const { port } = await startTestServer();
    expect(jsonOf(await exchange(port, requestText(PATH, { expect: 'tea' }, BODY)))).toEqual({
      status: 417,
      body: { error: "header expect: expected 100-continue, got 'tea'" },
    });
  });

  it('that ends before its announced length is answered with 400', async () => {
    const { port, finishedWith } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': '500' }), BODY);
    client.socket.end();
    expect(jsonOf(await client.response())).toEqual({
      status: 400,
      body: { error: 'the connection ended before the request was complete' },
    });
    expect(await finishedWith(() => true)).toMatchObject({ status: 400, route: '/v2/models/{model}/infer' });
  });

  it('with broken chunking is answered with 400', async () => {
    const { port } = await startTestServer();
    expect(jsonOf(await exchange(port, head({ 'transfer-encoding': 'chunked' }), 'zz\r\nhello'))).toEqual({
      status: 400,
      body: { error: 'not a valid HTTP/1.1 request: Invalid character in chunk size' },
    });
  });

  it('is refused as 503 while the server holds as many bytes as it may', async () => {
    const service = createFakeService();
    let release = () => undefined as unknown;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let start = () => undefined as unknown;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const { port } = await startTestServer({
      options: { maxBufferedBytes: 1_000 },
      service: withCases(service, {
        infer: async (call, resolved, request) => {
          start();
          await released;
          return service.inference.infer(call, resolved, request);
        },
      }),
    });
    const first = await RawClient.connect(port);
    first.send(requestText(PATH, {}, BODY.padEnd(900)));
    await started;
    const response = await exchange(port, requestText(PATH, {}, BODY.padEnd(200)));
    expect(jsonOf(response)).toEqual({
      status: 503,
      body: { error: 'the server already holds 1000 bytes of requests and answers; try again later' },
    });
    expect(response.headers['retry-after']).toBe('1');
    release();
    expect((await first.response()).status).toBe(200);
    expect((await exchange(port, requestText(PATH, {}, BODY.padEnd(200)))).status).toBe(200);
  });
});

describe('a client that leaves while its rest is thrown away', () => {
  it('is still logged with the answer that it got', async () => {
    const { port, finishedWith } = await startTestServer({ options: { maxInputBytes: 100 } });
    const client = await RawClient.connect(port);
    client.send(head({ 'content-length': '200000' }));
    expect((await client.response()).status).toBe(413);
    client.socket.destroy();
    expect(await finishedWith(() => true)).toMatchObject({ status: 413 });
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['identity', Buffer.from(BODY)],
    ['', Buffer.from(BODY)],
  ])("is read as '%s'", async (encoding, bytes) => {
    const { port } = await startTestServer();
    const headers = { 'content-encoding': encoding, 'content-length': String(bytes.length) };
    expect((await exchange(port, head(headers), bytes)).status).toBe(200);
  });

  it.each(['br', 'zstd', 'gzip, deflate'])("as '%s' is refused with what would be taken", async (encoding) => {
    const { port } = await startTestServer();
    const response = await exchange(port, requestText(PATH, { 'content-encoding': encoding }, BODY));
    expect(jsonOf(response)).toEqual({
      status: 415,
      body: { error: `content-encoding '${encoding}' is not supported: expected gzip, deflate or identity` },
    });
    expect(response.headers['accept-encoding']).toBe('gzip, deflate');
  });

  it.each([
    ['that is none', Buffer.from(BODY), 'incorrect header check'],
    ['that is cut off', gzipSync(BODY).subarray(0, -10), 'unexpected end of file'],
  ])('%s is answered with 400', async (_what, bytes, reason) => {
    const { port } = await startTestServer();
    const headers = { 'content-encoding': 'gzip', 'content-length': String(bytes.length) };
    expect(jsonOf(await exchange(port, head(headers), bytes))).toEqual({
      status: 400,
      body: { error: `the body is not valid gzip: ${reason}` },
    });
  });

  it('that is a bomb is answered with 413', async () => {
    const { port } = await startTestServer({ options: { maxInputBytes: 1_000_000 } });
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const headers = { 'content-encoding': 'gzip', 'content-length': String(bomb.length) };
    expect(jsonOf(await exchange(port, head(headers), bomb))).toEqual({
      status: 413,
      body: { error: 'the body is too large: expected at most 1000000 bytes, got more once decompressed' },
    });
  });

  it('that is a bomb cannot take more memory than bodies may', async () => {
    const { port } = await startTestServer({ options: { maxBufferedBytes: 200_000 } });
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const headers = { 'content-encoding': 'gzip', 'content-length': String(bomb.length) };
    const response = await exchange(port, head(headers), bomb);
    expect(response.status).toBe(503);
  });
});

describe('an answer', () => {
  it.each([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['gzip;q=0.1, deflate;q=0.9', 'deflate'],
    ['deflate, gzip', 'gzip'],
    ['br', undefined],
    ['*', undefined],
    ['identity', undefined],
    ['gzip;q=0', undefined],
  ])("for '%s' is compressed with %s", async (accepted, expected) => {
    const { port } = await startTestServer();
    const response = await exchange(port, requestText(PATH, { 'accept-encoding': accepted }, BODY));
    expect(response.status).toBe(200);
    expect(response.headers['content-encoding']).toBe(expected);
    const plain =
      expected === undefined ? response.body : (expected === 'gzip' ? gunzipSync : inflateSync)(response.body);
    expect(JSON.parse(plain.toString())).toMatchObject({ model_name: 'm' });
  });

  it('with an error, or of another route, is not compressed', async () => {
    const { port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(requestText(PATH, { 'accept-encoding': 'gzip' }, '{'));
    const error = await client.response();
    expect([error.status, error.headers['content-encoding']]).toEqual([400, undefined]);
    client.send(requestText('GET /v2/models/m', { 'accept-encoding': 'gzip' }));
    const metadata = await client.response();
    expect([metadata.status, metadata.headers['content-encoding']]).toEqual([200, undefined]);
  });

  it('with binary tensors comes in one piece, compressed or not', async () => {
    const service = createFakeService();
    const { port } = await startTestServer({ service });
    const json = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
      parameters: { binary_data_output: true },
    });
    const tensor = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
    const headers = {
      'inference-header-content-length': String(json.length),
      'content-length': String(json.length + 16),
    };
    const plain = await exchange(port, head(headers), json, tensor);
    expect(plain.headers['content-type']).toBe('application/octet-stream');
    const jsonLength = Number(plain.headers['inference-header-content-length']);
    expect(plain.body.subarray(jsonLength)).toEqual(tensor);
    const packed = await exchange(port, head({ ...headers, 'accept-encoding': 'gzip' }), json, tensor);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
  });
});
