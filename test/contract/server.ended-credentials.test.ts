import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/index.js';
import type { Dialect } from '../../src/protocols/index.js';
import { createDialects } from '../support/dialects.js';
import { FakeClock } from '../support/fake-clock.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createHeldService, inferText } from '../support/held-service.js';
import { closeTestServers, EVERYBODY, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const ANN: Principal = { ...EVERYBODY, name: 'ann' };
/** Of the same name: with the key that has taken the place of the other one. */
const NEW_ANN: Principal = { ...EVERYBODY, name: 'ann' };
const ENDED = 'the key of this request does not hold any more';
const PIECE = 'x'.repeat(65_536);

/** Streams without an end, of a dialect that looks at no cancellation. */
function createEndlessDialect(): Dialect {
  const [oip] = createDialects() as [Dialect];
  return {
    ...oip,
    name: 'endless',
    shares: [],
    loadGrpc: async () => ({ methods: [], files: () => [], status: {} as never }),
    routes: [
      {
        method: 'POST',
        path: '/endless',
        tag: 'test',
        summary: 'Never ends',
        access: 'key',
        control: false,
        inference: true,
        streams: true,
        body: { kind: 'bytes' },
        handle: () => ({ status: 200, headers: {}, stream: endless() }),
      },
    ],
  };
}

async function* endless() {
  for (;;) yield PIECE;
}

const principals: Readonly<Record<string, Principal>> = { 'Bearer old': ANN, 'Bearer new': NEW_ANN };
const dependencies = {
  requiresKey: true,
  authenticate: (authorization: string | undefined) => principals[authorization ?? ''] ?? EVERYBODY,
};
const withKey = (text: string, key: string) => text.replace('\r\n', `\r\nauthorization: Bearer ${key}\r\n`);

describe('when a credential is taken away', () => {
  it.each([true, false])('what runs for it ends, and nothing else (fast path: %o)', async (fastPath) => {
    const { service, arrived, release } = createHeldService();
    const { port, server, finished } = await startTestServer({ options: { fastPath }, service, dependencies });
    const ask = async (id: string, key: string) => {
      const client = await RawClient.connect(port);
      client.send(withKey(inferText(id), key));
      return client;
    };
    const [old, other] = [await ask('a', 'old'), await ask('b', 'new')];
    await arrived(2);
    server.endFor(new Set([ANN]));
    const { status: code, body, headers } = await old.response();
    expect([code, JSON.parse(body.toString())]).toEqual([401, { error: ENDED }]);
    expect(headers['x-millrace-error']).toBe('unauthenticated');
    release('b');
    expect((await other.response()).status).toBe(200);
    expect(finished.map(({ error }) => error?.code)).toEqual(['unauthenticated', undefined]);
  });

  it('a client that takes nothing of its stream is cut off', async () => {
    const clock = new FakeClock();
    const dialects = [...createDialects(), createEndlessDialect()];
    const { port, server, finishedWith } = await startTestServer({
      clock,
      dependencies: { ...dependencies, dialects },
    });
    const client = await RawClient.connect(port);
    client.send(withKey(requestText('POST /endless', {}, 'a'), 'old'));
    await once(client.socket, 'data');
    client.socket.pause();
    server.endFor(new Set([ANN]));
    await clock.advance(499);
    expect(client.socket.closed).toBe(false);
    await clock.advance(1);
    client.socket.resume();
    await client.closed;
    expect((await finishedWith(() => true)).call.cancelled?.code).toBe('unauthenticated');
  });

  it('a gRPC call that runs for it ends', async () => {
    const { service, arrived } = createHeldService();
    const { addresses, server } = await startTestServer({ options: { grpcPort: 0 }, service, dependencies });
    const client = new GrpcClient(addresses.grpc?.url ?? '');
    const stream = client.stream({
      path: '/inference.GRPCInferenceService/ModelStreamInfer',
      metadata: { authorization: 'Bearer old' },
    });
    const ended = once(stream, 'error');
    const refused = client.unary(Buffer.from('0a016d', 'hex'), {
      path: '/inference.GRPCInferenceService/ModelInfer',
      metadata: { authorization: 'Bearer old' },
    });
    await arrived(1);
    server.endFor(new Set([NEW_ANN]));
    server.endFor(new Set([ANN]));
    expect((await refused).error).toMatchObject({ code: status.UNAUTHENTICATED, details: ENDED });
    expect((await ended)[0]).toMatchObject({ code: status.UNAUTHENTICATED, details: ENDED });
  });
});
