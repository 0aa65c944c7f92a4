import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { parseExposition, type Samples } from '../support/metrics-fixture.js';
import { until } from '../support/until.js';

const MODEL = 'model_name="kjv",version="1"';
const FIXED = { model: 'kjv', temperature: 0, ignore_eos: true };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': readFileSync(TINY_MODEL),
    'kjv/model.yaml': 'llama: { contextTokens: 4096, slots: 1, threads: 1 }\n',
    'numbers/model.yaml':
      'runtime: echo\ninputs: [{ name: x, datatype: INT32, shape: [1] }]\noutputs: [{ name: x, datatype: INT32, shape: [1] }]\n',
    'numbers/1/': '',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function scrape(): Promise<Samples> {
  const { metrics } = server.addresses;
  return parseExposition(await (await fetch(`${metrics?.url}/metrics`)).text());
}

async function complete(body: object, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...FIXED, ...body }),
    signal,
  });
}

it("a language model is counted under vLLM's names: its load, its tokens, its times and its ends", async () => {
  const read = (samples: Samples, name: string, labels = '') => samples.get(`vllm:${name}{${labels}${MODEL}}`);
  const idle = await scrape();
  expect(
    ['num_requests_running', 'num_requests_waiting', 'prompt_tokens_total'].map((name) => read(idle, name)),
  ).toEqual([0, 0, 0]);

  const prompt = 'In the beginning God created the heaven';
  const first = (await (await complete({ prompt, max_tokens: 5 })).json()) as { usage: { prompt_tokens: number } };
  const { prompt_tokens: promptTokens } = first.usage;
  await (await complete({ prompt, max_tokens: 4, stream: true })).text();
  const refused = await complete({ prompt: 'and '.repeat(5_000), max_tokens: 4 });
  expect(refused.status).toBe(400);
  for (const [path, body] of [
    ['tokenize', { content: prompt }],
    ['detokenize', { tokens: [5, 6] }],
    ['v1/responses/input_tokens', { input: prompt }],
  ] as const) {
    const read = await fetch(`http://127.0.0.1:${server.port}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'kjv', ...body }),
    });
    expect([path, read.status]).toEqual([path, 200]);
  }
  const ended = await scrape();
  expect({
    generated: read(ended, 'generation_tokens_total'),
    read: read(ended, 'prompt_tokens_total'),
    queries: read(ended, 'prefix_cache_queries_total'),
    hits: read(ended, 'prefix_cache_hits_total'),
    length: read(ended, 'request_success_total', 'finished_reason="length",'),
    firstTokens: read(ended, 'time_to_first_token_seconds_count'),
    whole: read(ended, 'e2e_request_latency_seconds_count'),
    gaps: read(ended, 'inter_token_latency_seconds_count'),
  }).toEqual({
    generated: 9,
    read: 2 * promptTokens,
    queries: 2 * promptTokens,
    hits: promptTokens - 1,
    length: 2,
    firstTokens: 2,
    whole: 2,
    // What comes with the first answers has none before it.
    gaps: expect.toSatisfy((gaps: number) => gaps >= 1 && gaps <= 7),
  });

  const leaving = new AbortController();
  const running = await complete({ prompt, max_tokens: 4_000, stream: true }, leaving.signal);
  const waiting = complete({ prompt, max_tokens: 1 });
  await running.body?.getReader().read();
  await until('one runs and one waits', async () => {
    const samples = await scrape();
    return read(samples, 'num_requests_running') === 1 && read(samples, 'num_requests_waiting') === 1;
  });
  await until('the cache is in use', async () => (read(await scrape(), 'kv_cache_usage_perc') ?? 0) > 0);
  leaving.abort();
  expect((await waiting).status).toBe(200);
  await until('nothing runs, and the cache is free', async () => {
    const samples = await scrape();
    const loads = ['num_requests_running', 'num_requests_waiting', 'kv_cache_usage_perc'];
    return loads.every((name) => read(samples, name) === 0);
  });
  const left = await scrape();
  expect(read(left, 'request_success_total', 'finished_reason="abort",')).toBe(1);
  expect(read(left, 'request_success_total', 'finished_reason="error",')).toBe(0);
  expect([...left.keys()].filter((key) => key.startsWith('vllm:') && !key.includes(MODEL))).toEqual([]);
});
