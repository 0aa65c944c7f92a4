import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Service } from '../../src/service/index.js';
import { createFakeService } from '../support/fake-service.js';
import { protoBytes } from '../support/grpc-messages.js';
import { answerOf, closeGrpcServers, framed, RawGrpc } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { withCases } from '../support/service-of.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const MODEL_INFER = '/inference.GRPCInferenceService/ModelInfer';
const REQUEST = protoBytes('ModelInferRequest', {
  model_name: 'm',
  inputs: [{ name: 'x', datatype: 'INT32', shape: [1] }],
  raw_input_contents: [Buffer.alloc(4).toString('base64')],
});

/** A service whose answers are of so many bytes. */
function createLargeService(sizeBytes: number): Service {
  const service = createFakeService();
  const outputs = [{ name: 'y', datatype: 'UINT8' as const, shape: [sizeBytes], data: new Uint8Array(sizeBytes) }];
  return withCases(service, {
    infer: async (call, resolved, request) => {
      const result = await service.inference.infer(call, resolved, request);
      return result.kind === 'one'
        ? { kind: 'one', timing: result.timing, response: { ...result.response, outputs } }
        : result;
    },
  });
}

/** Passes on what a server sends, a piece a turn of the event loop: what it writes waits in its buffers. */
async function slowRelay(port: number) {
  const relay = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.on('end', () => client.end());
    upstream.on('data', (piece: Buffer) => {
      client.write(piece);
      upstream.pause();
      setImmediate(() => upstream.resume());
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    port: (relay.address() as AddressInfo).port,
    [Symbol.dispose]: () => void relay.close(),
  };
}

it('an answer over gRPC that is under way when the server stops goes out to the last byte though the client reads more slowly than it is written', async () => {
  const sizeBytes = 20_000_000;
  const service = createLargeService(sizeBytes);
  const { server, addresses } = await startTestServer({ service, options: { grpcPort: 0 } });
  using relay = await slowRelay(addresses.grpc?.port ?? 0);
  const raw = new RawGrpc(relay.port, { initialWindowSize: 2 * sizeBytes });
  await once(raw.session, 'connect');
  raw.session.setLocalWindowSize(2 * sizeBytes);
  const stream = raw.open({ ':path': MODEL_INFER });
  const answer = answerOf(stream);
  stream.end(framed(REQUEST));
  await once(stream, 'data');
  const closed = server.close(10_000);
  const { body, trailers } = await answer;
  expect([body.length > sizeBytes, trailers]).toMatchObject([true, { 'grpc-status': '0' }]);
  await closed;
});
