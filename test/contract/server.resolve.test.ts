import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, MillraceError } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const UNKNOWN = new MillraceError('not_found', 'there is no such model');
const INFER = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
const MESSAGE = protoBytes('ModelInferRequest', {
  model_name: 'm',
  id: 'i',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '4'], contents: { fp32_contents: [1, 2, 3, 4] } }],
});
const UNARY = '/inference.GRPCInferenceService/ModelInfer';
const STREAM = '/inference.GRPCInferenceService/ModelStreamInfer';

/** A server whose service resolves models when the test says so. */
async function start(clock?: FakeClock) {
  const service = createFakeService();
  const { resolve } = service.inference;
  const asked: { readonly call: Call; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  let onAsked = (): void => undefined;
  service.inference.resolve = (call, target, options) =>
    new Promise((settle, reject) => {
      asked.push({ call, reject, resolve: () => settle(resolve(call, target, options)) });
      onAsked();
    });
  const next = async () => {
    const before = asked.length;
    while (asked.length === before) {
      await new Promise<void>((wake) => {
        onAsked = wake;
      });
    }
    return asked.at(-1) as (typeof asked)[number];
  };
  const options = { grpcPort: 0, requestTimeoutMs: 5_000 };
  const server = await startTestServer({ service, options, ...(clock && { clock }) });
  const client = new GrpcClient(server.addresses.grpc?.url ?? '');
  const ran = () => service.calls.filter(({ name }) => name === 'infer').map(({ call }) => call);
  return { ...server, client, next, ran };
}

describe('a model that takes a while to be resolved', () => {
  it.each([
    ['infer', INFER],
    ['generate', '{"x":[1,2,3,4]}'],
  ])('runs over HTTP %s once it is, or is refused', async (route, body) => {
    const { port, next } = await start();
    const client = await RawClient.connect(port);
    for (const outcome of ['resolve', 'reject'] as const) {
      const asking = next();
      client.send(requestText(`POST /v2/models/m/${route}`, {}, body));
      const asked = await asking;
      if (outcome === 'resolve') asked.resolve();
      else asked.reject(UNKNOWN);
      expect((await client.response()).status).toBe(outcome === 'resolve' ? 200 : 404);
    }
    client.socket.destroy();
  });

  it('runs over gRPC once it is, or is refused', async () => {
    const { client, next } = await start();
    for (const outcome of ['resolve', 'reject'] as const) {
      const asking = next();
      const answer = client.unary(MESSAGE, { path: UNARY });
      const asked = await asking;
      if (outcome === 'resolve') asked.resolve();
      else asked.reject(UNKNOWN);
      expect((await answer).status.code).toBe(outcome === 'resolve' ? status.OK : status.NOT_FOUND);
    }
  });

  it('runs in its turn on a gRPC stream, and its refusal is in band', async () => {
    const { client, next } = await start();
    const stream = client.stream({ path: STREAM });
    const answers: Buffer[] = [];
    stream.on('data', (message: Buffer) => answers.push(message));
    const ended = new Promise<{ readonly code: status }>((resolve) => stream.on('status', resolve));
    const asking = next();
    stream.write(Buffer.from(MESSAGE));
    const first = await asking;
    const askingAgain = next();
    stream.write(Buffer.from(MESSAGE));
    const second = await askingAgain;
    stream.end();
    second.resolve();
    first.reject(UNKNOWN);
    expect((await ended).code).toBe(status.OK);
    const [refused, answered] = answers.map((message) => protoJson('ModelStreamInferResponse', [message]));
    expect(refused).toMatchObject({ error_message: UNKNOWN.message });
    expect(answered).toMatchObject({ infer_response: { model_name: 'm', id: 'i' } });
  });

  it('is waited for no longer than the request may take', async () => {
    const clock = new FakeClock();
    const { port, client, next } = await start(clock);
    const http = await RawClient.connect(port);
    const asking = next();
    http.send(requestText('POST /v2/models/m/infer', {}, INFER));
    await asking;
    const askingAgain = next();
    const grpc = client.unary(MESSAGE, { path: UNARY });
    await askingAgain;
    await clock.advance(5_000);
    expect((await http.response()).status).toBe(504);
    expect((await grpc).status.code).toBe(status.DEADLINE_EXCEEDED);
    http.socket.destroy();
  });

  it('tells who has left meanwhile', async () => {
    const { port, next, finishedWith, ran } = await start();
    const client = await RawClient.connect(port);
    const asking = next();
    client.send(requestText('POST /v2/models/m/infer', {}, INFER));
    const { call, resolve } = await asking;
    client.socket.destroy();
    await finishedWith(() => true);
    resolve();
    await new Promise(setImmediate);
    // The service runs nothing for a cancelled call.
    expect(ran()).toEqual([call]);
    expect(call.cancelled?.code).toBe('cancelled');
  });
});
