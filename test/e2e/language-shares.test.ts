import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InferResponse, packBytes } from '../../src/core/index.js';
import { localCall } from '../../src/local-infer.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { inferNamed } from '../support/infer-named.js';
import { PROMPT, TINY_MODEL } from '../support/llama-model.js';

let server: AppServer;
beforeAll(async () => {
  const file = readFileSync(TINY_MODEL);
  const config = 'llama: { contextTokens: 256, slots: 2, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n';
  server = await startAppServer(
    {
      'kjv/1/model.gguf': file,
      'kjv/model.yaml': config,
      'read/1/model.gguf': file,
      'read/model.yaml': config,
      'counted/1/model.gguf': file,
      'counted/model.yaml': config,
    },
    {
      quotas: ['read', 'counted'].map((model) => ({ name: model, model, computeMsPerMinute: 1 })),
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

/** Begins to generate; nobody reads it before the loop over the answers begins. */
async function open(maxTokens: number): Promise<AsyncIterable<InferResponse>> {
  const result = await inferNamed(server.app.service, localCall(server.app), {
    name: 'kjv',
    request: {
      id: '',
      inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(PROMPT)]) }],
      outputs: undefined,
      parameters: { max_tokens: maxTokens, ignore_eos: true },
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
    },
  });
  if (result.kind !== 'many') throw new Error('expected many answers');
  return result.responses;
}

async function readAll(answers: AsyncIterable<InferResponse>): Promise<number | undefined> {
  let last: InferResponse | undefined;
  for await (const each of answers) last = each;
  return last?.usage?.completionTokens;
}

it('two readers who take nothing of a model with two slots do not stop a third caller, and miss nothing', async () => {
  const { engine } = server.app;
  const silent = [await open(200), await open(200)];
  expect(await readAll(await open(2))).toBe(2);
  // Both have made way for others, and what they have generated waits.
  await expect.poll(() => engine.gauges().map(({ executingRequests }) => executingRequests)).toEqual([0, 0, 0]);
  expect(engine.unread.sizeBytes).toBeGreaterThan(0);
  expect(await Promise.all(silent.map(readAll))).toEqual([200, 200]);
  expect(engine.unread.sizeBytes).toBe(0);
});

it('a caller who asks for more than there are slots leaves one to others', async () => {
  const keys = { alice: 'a'.repeat(32), bob: 'b'.repeat(32) };
  await using shared = await startAppServer(
    {
      'kjv/1/model.gguf': readFileSync(TINY_MODEL),
      'kjv/model.yaml': 'llama: { contextTokens: 32768, slots: 2, threads: 1, maxOutputTokens: 32000 }\n',
    },
    { auth: { keys: Object.entries(keys).map(([name, key]) => ({ name, key, scopes: ['infer'] })) } },
  );
  const ended: string[] = [];
  const gone = new AbortController();
  const ask = async (name: keyof typeof keys, maxTokens: number, signal: AbortSignal | null = null) => {
    const body = { model: 'kjv', prompt: PROMPT, max_tokens: maxTokens, ignore_eos: true };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${keys[name]}` };
    const url = `http://127.0.0.1:${shared.port}/v1/completions`;
    const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
    ended.push(`${name} ${status}`);
  };
  // It runs until its caller leaves.
  const endless = ask('alice', 32_000, gone.signal).catch(() => ended.push('alice left'));
  const flood = Array.from({ length: 5 }, () => ask('alice', 2));
  await expect.poll(() => shared.app.engine.gauges().map(({ queuedRequests }) => queuedRequests)).toEqual([5]);
  await ask('bob', 1);
  expect(ended).toEqual(['bob 200']);
  gone.abort();
  await Promise.all([endless, ...flood]);
  expect(ended.toSorted()).toEqual([...Array<string>(5).fill('alice 200'), 'alice left', 'bob 200']);
});

it.each([
  ['read', '/tokenize', { content: 'and '.repeat(10_000) }],
  ['counted', '/v1/responses/input_tokens', { input: 'and '.repeat(10_000) }],
])('of %s, %s takes of the compute of its caller', async (model, path, body) => {
  const ask = () =>
    server.send(`POST ${path}`, JSON.stringify({ model, ...body }), { 'content-type': 'application/json' });
  const { status } = await ask();
  const refused = await ask();
  expect([status, refused.status]).toEqual([200, 429]);
  expect(refused.body.toString()).toContain(`quota '${model}' allows 1 milliseconds of compute a minute`);
});
