import { afterEach, describe, expect, it } from 'vitest';
import { client, closeServer, METADATA, NEVER, server, start, X } from '../../test/support/client-fixture.js';
import { type FakeAnswer, jsonAnswer } from '../../test/support/fake-server.js';
import { connect } from './index.js';

afterEach(closeServer);

describe('stream', () => {
  const events = (...values: readonly unknown[]): FakeAnswer => ({
    headers: { 'content-type': 'text/event-stream', 'x-request-id': 'r1' },
    body: values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''),
  });

  async function read(answers: AsyncIterable<{ readonly outputs: { readonly y?: { readonly data: unknown } } }>) {
    const seen: unknown[] = [];
    try {
      for await (const { outputs } of answers) seen.push(outputs.y?.data);
    } catch (error) {
      return { seen, error };
    }
    return { seen };
  }

  it('gives each answer, with the datatypes and shapes of the metadata', async () => {
    await start(() => events({ model_name: 'mlp', model_version: '1', y: [1, 2], why: 'x' }, { y: [1, 2, 3, 4] }));
    const answers: unknown[] = [];
    const options = { id: 'a', parameters: { n: 2 }, requestId: 'mine', sequence: { id: 7 } };
    for await (const { outputs, ...rest } of client()
      .model('mlp')
      .stream({ x: [1, 2, 3, 4] }, options)) {
      answers.push({ ...rest, shape: outputs.y?.shape, data: outputs.y?.data });
    }
    const common = { modelName: 'mlp', id: '', requestId: 'r1', timingMs: {} };
    expect(answers).toEqual([
      { ...common, modelVersion: '1', parameters: { why: 'x' }, shape: [1, 2], data: Float32Array.of(1, 2) },
      { ...common, modelVersion: '', parameters: {}, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    ]);
    const sent = server.seen.find(({ url }) => url === '/v2/models/mlp/generate_stream');
    expect(sent?.headers['x-request-id']).toBe('mine');
    expect(JSON.parse(String(sent?.body))).toEqual({
      id: 'a',
      parameters: { n: 2, sequence_id: 7, sequence_start: false, sequence_end: false },
      x: [1, 2, 3, 4],
    });
  });

  it('throws an answer that is an error, after those before it', async () => {
    await start(() => events({ y: [1, 2] }, { error: 'the model failed' }));
    expect(await read(client().model('mlp').stream(X))).toEqual({
      seen: [Float32Array.of(1, 2)],
      error: expect.objectContaining({ code: 'internal', message: 'the model failed', requestId: 'r1' }),
    });
  });

  it('rejects as infer does where there is no stream, and sends nothing twice', async () => {
    await start(() => jsonAnswer({ error: 'queue full' }, 503));
    expect(await read(client({ idempotent: true }).model('mlp').stream(X))).toEqual({
      seen: [],
      error: expect.objectContaining({ code: 'unavailable', status: 503, message: 'queue full' }),
    });
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  // Each has a server of its own: how many requests reach one before a deadline depends on the machine.
  it.each([
    ['at the deadline', NEVER, { timeoutMs: 100 }, { code: 'deadline_exceeded' }],
    ['on broken connections', undefined, {}, { code: 'unavailable' }],
    [
      'on what is no event',
      { body: 'data: 5\n' },
      {},
      { message: "an event of the server's answer is not a JSON object: is this an inference server?" },
    ],
    [
      'on answers that are too large',
      { body: `data: ${' '.repeat(200)}` },
      {},
      { code: 'resource_exhausted', message: 'an answer is larger than maxResponseBytes (200)' },
    ],
  ])('gives up %s', async (_when, answer, options, error) => {
    await start(() => answer);
    const model = client({ maxResponseBytes: 200 }).model('mlp');
    expect(await read(model.stream(X, options))).toMatchObject({ error });
  });

  it('tells of an answer that breaks off', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('data: {"y":[1,2]}\n\n'));
        controller.error(new Error('gone'));
      },
    });
    const fetch: typeof globalThis.fetch = async (url) =>
      String(url).endsWith('generate_stream') ? new Response(body) : Response.json(METADATA);
    expect(await read(connect('http://nowhere', { fetch }).model('mlp').stream(X))).toMatchObject({
      error: {
        code: 'unavailable',
        status: 200,
        message: 'the connection was closed in the middle of the answer',
      },
    });
  });

  it('ends the request when the reader leaves', async () => {
    let left: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: {"y":[1,2]}\n\n')),
      cancel: () => left(),
    });
    const fetch: typeof globalThis.fetch = async (url) =>
      String(url).endsWith('generate_stream') ? new Response(body) : Response.json(METADATA);
    for await (const { outputs } of connect('http://nowhere', { fetch }).model('mlp').stream(X)) {
      expect(outputs.y?.data).toEqual(Float32Array.of(1, 2));
      break;
    }
    await gone;
  });
});
