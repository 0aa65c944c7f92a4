import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { bearer, type KeyServer, startKeyServer } from '../support/key-server.js';
import { until } from '../support/until.js';

const ENDED = 'the key of this request does not hold any more';
const TEXT = { text_input: 'In the beginning', max_tokens: 4_000, ignore_eos: true, temperature: 0 };
const PROMPT = { model: 'kjv', prompt: 'In the beginning', max_tokens: 4_000, ignore_eos: true, stream: true };
const CHAT = { ...PROMPT, prompt: undefined, messages: [{ role: 'user', content: 'In the beginning' }] };

/** Streams of each dialect, and how each says that it ends. */
const STREAMS: readonly (readonly [what: string, path: string, body: object, end: RegExp])[] = [
  [
    'OIP',
    '/v2/models/kjv/generate_stream',
    TEXT,
    /data: \{"error":"the key of this request does not hold any more"\}\n\n$/,
  ],
  [
    'chat completions',
    '/v1/chat/completions',
    CHAT,
    /data: \{"error":\{"message":"the key of this request does not hold any more"/,
  ],
  [
    'completions',
    '/v1/completions',
    PROMPT,
    /data: \{"error":\{"message":"the key of this request does not hold any more"/,
  ],
];

let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

/** Begins a stream with a key, takes the key away once something has come of it; what has come in all. */
async function streamUntilRevoked(name: string, path: string, body: object): Promise<string> {
  const key = await server.create(`${name} --grant caller`);
  const answer = await fetch(`${server.server.addresses.http.url}${path}`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const pieces = [(await reader.read()).value];
  await server.keys(`revoke ${name}`);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return Buffer.concat(pieces.flatMap((piece) => piece ?? [])).toString();
    pieces.push(value);
  }
}

describe('a key that is revoked', () => {
  it.each(STREAMS)('ends streams of %s with its error', async (what, path, body, end) => {
    expect(await streamUntilRevoked(what.replace(' ', '-'), path, body)).toMatch(end);
  });

  it('ends the watch of a health check', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.server.grpcPort}`);
    const metadata = { 'x-api-key': await server.create('watches --grant viewer') };
    const stream = client.stream({ path: '/grpc.health.v1.Health/Watch', metadata });
    const first = once(stream, 'data');
    stream.on('error', () => undefined);
    stream.end(Buffer.of());
    await first;
    const ended = new Promise((resolve) => stream.once('status', resolve));
    await server.keys('revoke watches');
    expect(await ended).toMatchObject({ code: status.UNAUTHENTICATED, details: ENDED });
  });

  it('ends requests that wait for their answer', async () => {
    const key = await server.create('waits --grant caller');
    const asked = fetch(`${server.server.addresses.http.url}/v1/completions`, {
      method: 'POST',
      headers: { ...bearer(key), 'content-type': 'application/json' },
      body: JSON.stringify({ ...PROMPT, stream: false }),
    });
    // One that streams begins behind it.
    await streamUntilRevoked('behind', '/v1/completions', PROMPT);
    await server.keys('revoke waits');
    const answer = await asked;
    expect([answer.status, ((await answer.json()) as { error: { message: string } }).error.message]).toEqual([
      401,
      ENDED,
    ]);
  });

  it('ends streams of gRPC, and leaves those of other keys alone', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.server.grpcPort}`);
    const open = async (name: string) => {
      const metadata = { 'x-api-key': await server.create(`${name} --grant caller`) };
      const stream = client.stream({ path: '/inference.GRPCInferenceService/ModelStreamInfer', metadata });
      const first = once(stream, 'data');
      stream.on('error', () => undefined);
      const message = Buffer.from(
        protoBytes('ModelInferRequest', {
          model_name: 'kjv',
          inputs: [
            {
              name: 'text_input',
              datatype: 'BYTES',
              shape: [1],
              contents: { bytes_contents: [btoa('In the beginning')] },
            },
          ],
          parameters: { max_tokens: { int64_param: '4000' }, ignore_eos: { bool_param: true } },
        }),
      );
      stream.write(message);
      await first;
      return stream;
    };
    const [one, other] = [await open('grpc-one'), await open('grpc-other')];
    const ended = new Promise((resolve) => one.once('status', resolve));
    await server.keys('revoke grpc-one');
    expect(await ended).toMatchObject({ code: status.UNAUTHENTICATED, details: ENDED });
    await once(other, 'data');
    other.cancel();
  });
});

it('a key that expires lets finish what runs, and admits nothing new', async () => {
  const key = await server.create('expires --grant caller --expires-in 2s');
  const running = await fetch(`${server.server.addresses.http.url}/v1/completions`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify({ ...PROMPT, max_tokens: 1_000 }),
  });
  expect(running.status).toBe(200);
  await until('it has expired', async () => (await server.infer(bearer(key))).status === 401);
  expect(await running.text()).toMatch(/data: \[DONE\]\n\n$/);
});
