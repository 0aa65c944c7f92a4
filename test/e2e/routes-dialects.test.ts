import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const ROW = Array.from({ length: 16 }, (_, index) => index / 16);
const MLP = readFileSync('examples/models/mlp/1/model.onnx');

let server: AppServer;
beforeAll(async () => {
  const arms = (model: string) => [1, 2].map((version) => ({ model, version, weight: 1 }));
  server = await startAppServer(
    {
      'net/model.yaml': 'versions: all\n',
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml':
        'versions: all\nllama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n',
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
    },
    {
      routes: { 'net-live': { arms: arms('net'), rules: [] }, 'kjv-live': { arms: arms('kjv'), rules: [] } },
      tfs: { enabled: true },
      kserve: { enabled: true, httpPort: 0 },
      sagemaker: { enabled: true, model: 'net-live' },
      torchserve: { enabled: true },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, body: object, base = server.addresses.http.url) {
  const answer = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const [model, route, arm] = ['model', 'route', 'arm'].map((name) => answer.headers.get(`x-millrace-${name}`));
  return { status: answer.status, text, model, route, arm };
}

describe('a route is called like a model', () => {
  const OIP = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: ROW }] };
  const CHAT = {
    model: 'kjv-live',
    messages: [{ role: 'user', content: 'In the beginning' }],
    max_tokens: 4,
    ignore_eos: true,
  };
  it.each<[string, string, object, 'net' | 'kjv']>([
    ['OIP', '/v2/models/net-live/infer', OIP, 'net'],
    ['TensorFlow Serving', '/v1/models/net-live:predict', { instances: [ROW] }, 'net'],
    ['SageMaker', '/invocations', { instances: [ROW] }, 'net'],
    ['OIP, generated text', '/v2/models/kjv-live/generate', { text_input: 'And', max_tokens: 4 }, 'kjv'],
    [
      'OIP, a stream',
      '/v2/models/kjv-live/generate_stream',
      { text_input: 'And', max_tokens: 4, ignore_eos: true },
      'kjv',
    ],
    ["OpenAI's chat", '/v1/chat/completions', CHAT, 'kjv'],
    ["OpenAI's chat, a stream", '/v1/chat/completions', { ...CHAT, stream: true }, 'kjv'],
    ["OpenAI's completions", '/v1/completions', { model: 'kjv-live', prompt: 'And', max_tokens: 4 }, 'kjv'],
    ["OpenAI's responses", '/v1/responses', { model: 'kjv-live', input: 'And', max_output_tokens: 16 }, 'kjv'],
  ])('in the protocol of %s', async (_, path, body, model) => {
    const arms = new Set<string | null | undefined>();
    for (let round = 0; round < 12; round++) {
      const answer = await post(path, body);
      expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
      expect([answer.model, answer.route]).toEqual([`${model}/${answer.arm}`, `${model}-live`]);
      arms.add(answer.arm);
    }
    expect([...arms].sort()).toEqual(['1', '2']);
  });

  it('in that of KServe', async () => {
    const own = server.addresses.dialects.kserve?.http?.url;
    expect(await post('/v1/models/net-live:predict', { instances: [ROW] }, own)).toMatchObject({
      status: 200,
      route: 'net-live',
    });
  });

  it('in lists and by status', async () => {
    const read = async (path: string) => (await fetch(`${server.addresses.http.url}${path}`)).json();
    expect(await read('/v1/models')).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id: 'kjv-live' })]),
      models: expect.arrayContaining(['net-live']),
    });
    expect(await read('/v1/models/net-live')).toMatchObject({
      id: 'net-live',
      name: 'net-live',
      ready: true,
      model_version_status: [{ version: '1', state: 'AVAILABLE' }],
    });
  });
});
