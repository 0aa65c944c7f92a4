import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type ClientHttp2Session, constants } from 'node:http2';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { protoBytes } from '../support/grpc-messages.js';
import { answerOf, closeGrpcServers, framed, GrpcClient, RawGrpc } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { createSlowService } from '../support/slow-service.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const INFER = requestText(
  'POST /v2/models/m/infer',
  {},
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
);
const READY = requestText('GET /v2/health/ready');
const HEALTH = '/grpc.health.v1.Health/Check';
const MODEL_INFER = '/inference.GRPCInferenceService/ModelInfer';
const REQUEST = protoBytes('ModelInferRequest', {
  model_name: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4] }],
  raw_input_contents: [Buffer.alloc(16).toString('base64')],
});

describe('a server that retires over HTTP', () => {
  it.each([true, false])(
    'answers kept connections once more and closes them behind the answer, with the fast path %s',
    async (fastPath) => {
      const { server, port } = await startTestServer({ options: { fastPath } });
      const [infers, asks] = [await RawClient.connect(port), await RawClient.connect(port)];
      infers.send(INFER);
      expect(await infers.response()).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
      asks.send(READY);
      expect(await asks.response()).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
      const retired = server.retire();
      await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
      infers.send(INFER);
      asks.send(READY);
      expect(await infers.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(await asks.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
      await Promise.all([infers.closed, asks.closed, retired]);
    },
  );

  it('finishes what it has accepted, and waits for it', async () => {
    const { service, started, release } = createSlowService();
    const { server, port } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(INFER);
    await started;
    const order: string[] = [];
    const retired = server.retire().then(() => order.push('retired'));
    await new Promise(setImmediate);
    order.push('released');
    release();
    expect(await client.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await Promise.all([client.closed, retired]);
    expect(order).toEqual(['released', 'retired']);
  });

  it('waits for idle connections as long as they may be idle', async () => {
    const { server, port } = await startTestServer({ options: { keepAliveTimeoutMs: 1 } });
    const client = await RawClient.connect(port);
    client.send(INFER);
    expect((await client.response()).status).toBe(200);
    await Promise.all([server.retire(), client.closed]);
  });

  it('still ends in order, with connections that have not ended', async () => {
    const { server, port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send(INFER);
    expect((await client.response()).status).toBe(200);
    const retired = server.retire();
    await server.close(0);
    await Promise.all([client.closed, retired]);
  });

  it('leaves the files of its UNIX sockets to the process that listens there', async () => {
    await using folder = await createTempFolder({});
    const httpSocket = path.join(folder.path, 'http.sock');
    const { server } = await startTestServer({ options: { httpSocket } });
    await server.retire();
    expect(existsSync(httpSocket)).toBe(true);
  });
});

/** The last streams that the GOAWAY frames of a session name. */
function lastStreamsOf(session: ClientHttp2Session): readonly number[] {
  const seen: number[] = [];
  session.on('goaway', (_code, lastStream) => seen.push(lastStream));
  return seen;
}

describe('a server that retires over gRPC', () => {
  it('refuses no call by its notice, and ends connections behind their last answer', async () => {
    const { service, started, release } = createSlowService();
    const { server, addresses } = await startTestServer({ service, options: { grpcPort: 0 } });
    const raw = new RawGrpc(addresses.grpc?.port ?? 0);
    const lastStreams = lastStreamsOf(raw.session);
    const stream = raw.open({ ':path': MODEL_INFER });
    const answer = answerOf(stream);
    stream.end(framed(REQUEST));
    await started;
    const retired = server.retire();
    const [code] = await once(raw.session, 'goaway');
    expect([code, lastStreams]).toEqual([constants.NGHTTP2_NO_ERROR, [2 ** 31 - 1]]);
    release();
    expect((await answer).trailers).toMatchObject({ 'grpc-status': '0' });
    await retired;
    expect(new Set(lastStreams)).toEqual(new Set([2 ** 31 - 1, 1]));
  });

  it('says so to an idle connection with the answer to its next call, which a notice before might cross', async () => {
    const { server, addresses } = await startTestServer({ clock: new FakeClock(), options: { grpcPort: 0 } });
    const raw = new RawGrpc(addresses.grpc?.port ?? 0);
    const call = async () => (await raw.send([framed(Buffer.alloc(0))], { ':path': HEALTH })).trailers;
    expect(await call()).toMatchObject({ 'grpc-status': '0' });
    const lastStreams = lastStreamsOf(raw.session);
    void server.retire();
    await new Promise((resolve) => raw.session.ping(resolve));
    expect(lastStreams).toEqual([]);
    expect(await call()).toMatchObject({ 'grpc-status': '0' });
    expect(lastStreams[0]).toBe(2 ** 31 - 1);
  });

  it('ends idle connections, whose clients connect again for what comes next', async () => {
    const first = await startTestServer({ options: { grpcPort: 0 } });
    const port = first.addresses.grpc?.port ?? 0;
    const client = new GrpcClient(`127.0.0.1:${port}`);
    expect((await client.unary(REQUEST, { path: MODEL_INFER })).error).toBeNull();
    await first.server.retire();
    await startTestServer({ options: { grpcPort: port } });
    expect((await client.unary(REQUEST, { path: MODEL_INFER })).error).toBeNull();
  });
});
