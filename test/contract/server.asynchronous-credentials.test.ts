import { constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  closeGrpcServers,
  ECHO_PATH,
  framed,
  GrpcClient,
  RawGrpc,
  STREAM_PATH,
  startGrpcServer,
  streaming,
  unary,
} from '../support/grpc-server.js';
import { closeTestServers, EVERYBODY, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

/** An authenticator that answers when the test says so. */
function createLateAuthenticator() {
  const asked: { readonly resolve: (principal: Principal) => void; readonly reject: (error: Error) => void }[] = [];
  let onAsked = (): void => undefined;
  return {
    asked,
    authenticate: () =>
      new Promise<Principal>((resolve, reject) => {
        asked.push({ resolve, reject });
        onAsked();
      }),
    /** Resolves when it has been asked so often. */
    next: async (count = 1) => {
      while (asked.length < count) {
        await new Promise<void>((resolve) => {
          onAsked = resolve;
        });
      }
    },
  };
}

const UNKNOWN = new MillraceError('unauthenticated', 'this key is not known');
const INFER = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';

function startHttp(clock?: FakeClock) {
  const late = createLateAuthenticator();
  const dependencies = {
    authenticate: late.authenticate,
    renderMetrics: async () => ({ contentType: 'text/plain', body: 'up 1' }),
  };
  const options = { metricsPort: 0, requestTimeoutMs: 5_000 };
  return startTestServer({ options, dependencies, ...(clock && { clock }) }).then((server) => ({ ...server, ...late }));
}

describe('over HTTP, credentials that take a while to check', () => {
  it.each([
    ['an inference', 'POST /v2/models/m/infer', INFER],
    ['another route', 'POST /v2/repository/index', '{}'],
  ])('let %s in, whose body waits meanwhile', async (_what, line, body) => {
    const { port, asked, next } = await startHttp();
    const client = await RawClient.connect(port);
    client.send(requestText(line, {}, body));
    await next();
    asked[0]?.resolve(EVERYBODY);
    expect((await client.response()).status).toBe(200);
    // The connection is as good as before.
    client.send(requestText(line, {}, body));
    await next(2);
    asked[1]?.reject(UNKNOWN);
    const refused = await client.response();
    expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([401, { error: UNKNOWN.message }]);
    client.socket.destroy();
  });

  it('let metrics be read', async () => {
    const { addresses, asked, next } = await startHttp();
    const answer = fetch(`${addresses.metrics?.url}/metrics`);
    await next();
    asked[0]?.resolve(EVERYBODY);
    expect(await (await answer).text()).toBe('up 1');
    const refused = fetch(`${addresses.metrics?.url}/metrics`);
    await next(2);
    asked[1]?.reject(UNKNOWN);
    expect((await refused).status).toBe(401);
  });

  it('run nothing for a client that has left meanwhile', async () => {
    const { port, asked, next, finishedWith, diagnostics } = await startHttp();
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/m/infer', {}, INFER));
    await next();
    client.socket.destroy();
    const finished = await finishedWith(() => true);
    expect(finished).toMatchObject({ status: 499, error: { code: 'cancelled' } });
    asked[0]?.resolve(EVERYBODY);
    await new Promise(setImmediate);
    expect(finished.call.timing.decodedAt).toBe(0);
    expect(diagnostics).toEqual([]);
  });

  it.each(['resolve', 'reject'] as const)('are waited for no longer than a request may take (%s)', async (outcome) => {
    const clock = new FakeClock();
    const { port, asked, next, finished } = await startHttp(clock);
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/m/infer', {}, INFER));
    await next();
    await clock.advance(5_000);
    const { status: code, body } = await client.response();
    expect([code, JSON.parse(body.toString()).error]).toEqual([504, 'the request took longer than its 5000 ms']);
    if (outcome === 'resolve') asked[0]?.resolve(EVERYBODY);
    else asked[0]?.reject(UNKNOWN);
    await new Promise(setImmediate);
    expect(finished).toHaveLength(1);
    client.socket.destroy();
  });

  it('are waited for no longer than the client says, and not at all where that cannot be read', async () => {
    const clock = new FakeClock();
    const { port, asked, next, diagnostics } = await startHttp(clock);
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/m/infer', { 'x-request-timeout-ms': '40' }, INFER));
    await next();
    await clock.advance(40);
    const late = await client.response();
    expect(JSON.parse(late.body.toString()).error).toBe('the request took longer than its 40 ms');
    client.send(requestText('POST /v2/models/m/infer', { 'x-request-timeout-ms': 'soon' }, INFER));
    expect((await client.response()).status).toBe(400);
    for (const { reject } of asked) reject(UNKNOWN);
    await new Promise(setImmediate);
    expect(diagnostics).toEqual([]);
    client.socket.destroy();
  });

  it('hold up no shutdown', async () => {
    const { server, port, next } = await startHttp();
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/m/infer', {}, INFER));
    await next();
    const closed = server.close(0);
    expect((await client.response()).status).toBe(503);
    await closed;
  });
});

describe('over gRPC, credentials that take a while to check', () => {
  const handled: string[] = [];
  const METHODS = [
    unary((_call, message) => {
      handled.push(`unary ${Buffer.from(message)}`);
      return [message];
    }),
    streaming((stream) => ({
      onMessage: (message) => {
        handled.push(`stream ${Buffer.from(message)}`);
        stream.send([message]);
      },
    })),
  ];

  async function startGrpc(clock?: FakeClock) {
    const late = createLateAuthenticator();
    handled.length = 0;
    const server = await startGrpcServer({
      methods: METHODS,
      authenticate: late.authenticate,
      options: { requestTimeoutMs: 5_000 },
      ...(clock && { clock }),
    });
    return { ...server, ...late, client: new GrpcClient(server.target) };
  }

  it('let a call in', async () => {
    const { client, asked, next } = await startGrpc();
    const answer = client.unary(Buffer.from('a'), { path: ECHO_PATH });
    await next();
    expect(handled).toEqual([]);
    asked[0]?.resolve(EVERYBODY);
    expect((await answer).message?.toString()).toBe('a');
    const refused = client.unary(Buffer.from('b'), { path: ECHO_PATH });
    await next(2);
    asked[1]?.reject(UNKNOWN);
    expect((await refused).error).toMatchObject({ code: status.UNAUTHENTICATED, details: UNKNOWN.message });
    expect(handled).toEqual(['unary a']);
  });

  it('let a stream in, whose messages wait meanwhile', async () => {
    const { client, asked, next } = await startGrpc();
    const stream = client.stream({ path: STREAM_PATH });
    const answers: string[] = [];
    stream.on('data', (message: Buffer) => answers.push(message.toString()));
    const ended = new Promise((resolve) => stream.on('status', resolve));
    stream.write(Buffer.from('a'));
    stream.write(Buffer.from('b'));
    stream.end();
    await next();
    expect(handled).toEqual([]);
    asked[0]?.resolve(EVERYBODY);
    expect(await ended).toMatchObject({ code: status.OK });
    expect(answers).toEqual(['a', 'b']);
  });

  it('are waited for no longer than a request may take, and nothing runs then', async () => {
    const clock = new FakeClock();
    const { client, asked, next, finishedWith } = await startGrpc(clock);
    const answer = client.unary(Buffer.from('a'), { path: ECHO_PATH });
    await next();
    await clock.advance(5_000);
    expect((await answer).error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await finishedWith();
    asked[0]?.resolve(EVERYBODY);
    await new Promise(setImmediate);
    expect(handled).toEqual([]);
  });

  it('are waited for no longer than the client says', async () => {
    const clock = new FakeClock();
    const { port, asked, next, finishedWith } = await startGrpc(clock);
    const answer = new RawGrpc(port).send([framed(Buffer.from('a'))], { 'grpc-timeout': '40m' });
    await next();
    await clock.advance(40);
    expect((await answer).headers).toMatchObject({
      'grpc-status': String(status.DEADLINE_EXCEEDED),
      'grpc-message': 'the request took longer than its 40 ms',
    });
    await finishedWith();
    asked[0]?.reject(UNKNOWN);
    await new Promise(setImmediate);
    expect(handled).toEqual([]);
  });

  it('run nothing for a client that has left meanwhile, its message unread', async () => {
    const { port, asked, next, finishedWith } = await startGrpc();
    const stream = new RawGrpc(port).open();
    stream.write(framed(Buffer.from('a')));
    await next();
    stream.close(constants.NGHTTP2_CANCEL);
    expect((await finishedWith()).error?.code).toBe('cancelled');
    asked[0]?.resolve(EVERYBODY);
    await new Promise(setImmediate);
    expect(handled).toEqual([]);
  });

  it('run nothing for a client that has left its stream meanwhile', async () => {
    const { client, asked, next, finishedWith } = await startGrpc();
    const stream = client.stream({ path: STREAM_PATH });
    stream.on('error', () => undefined);
    stream.write(Buffer.from('a'));
    await next();
    stream.cancel();
    await finishedWith();
    asked[0]?.resolve(EVERYBODY);
    await new Promise(setImmediate);
    expect(handled).toEqual([]);
  });
});
