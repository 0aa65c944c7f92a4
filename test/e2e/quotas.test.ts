import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { createTempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

const KEYS = {
  ci: 'ci-key-0123456789',
  app: 'app-key-0123456789',
  slow: 'slow-key-0123456789',
  ops: 'ops-key-0123456789',
} as const;
type Name = keyof typeof KEYS;

const as = (name: Name) => ({ authorization: `Bearer ${KEYS[name]}` });
const keys = Object.entries(KEYS).map(([name, key]) => ({
  name,
  key,
  scopes: name === 'ops' ? (['manage', 'infer', 'observe'] as const) : (['infer'] as const),
}));
const model = (infer: string) =>
  `export default { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }, concurrency: 16, infer: ${infer} };`;
const MODELS = {
  'kjv/1/model.gguf': readFileSync(TINY_MODEL),
  'kjv/model.yaml': 'llama: { contextTokens: 4096, slots: 4, threads: 1, maxOutputTokens: 1000 }\n',
  'add/1/model.js': model('({ inputs }) => ({ y: [inputs.x.data[0] + 1] })'),
  'twice/1/model.js': model(`async ({ inputs }, { model }) => {
    const one = await model('add').infer({ x: inputs.x });
    const { outputs } = await model('add').infer({ x: one.outputs.y });
    return { y: [outputs.y.data[0]] };
  }`),
};
const X = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, {
    auth: { keys },
    quotas: [
      { name: 'steps', principal: 'key:ci', model: 'add', requestsPerSecond: 0.001, burst: 2 },
      { name: 'all-of-ci', principal: 'key:ci', requestsPerSecond: 0.001, burst: 100 },
      { name: 'words', principal: 'key:app', tokensPerMinute: 3_000, tokensPerDay: 1_000_000 },
      { name: 'one', principal: 'key:slow', concurrent: 1 },
      { name: 'none', principal: 'anonymous', concurrent: 0 },
    ],
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** What is left to a caller, by limit. */
async function left(name: Name): Promise<Readonly<Record<string, number>>> {
  const { body } = jsonOf(await server.send('GET /millrace/v1/quotas', '', as(name)));
  return Object.fromEntries(
    body.quotas.flatMap(({ quota, limits }: { quota: string; limits: { limit: string; remaining: number }[] }) =>
      limits.map(({ limit, remaining }) => [`${quota}/${limit}`, Math.floor(remaining)]),
    ),
  );
}

/** The head of a request, whose body is still to come. */
async function beginInfer(name: Name): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  const headers = { ...as(name), 'content-length': '1000', expect: '100-continue' };
  client.send(requestText('POST /v2/models/add/infer', headers));
  return client;
}

async function complete(body: object, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...as('app') },
    body: JSON.stringify({ model: 'kjv', prompt: 'And', temperature: 0, ignore_eos: true, ...body }),
    signal,
  });
}

it('counts a request once for its caller, whatever its model calls', async () => {
  for (let round = 0; round < 3; round++) expect((await server.infer('twice', X, as('ci'))).status).toBe(200);
  expect(await left('ci')).toMatchObject({ 'all-of-ci/requestsPerSecond': 97 });
  const answers = [];
  for (let round = 0; round < 3; round++) answers.push(await server.infer('add', X, as('ci')));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[2]?.body.error).toMatch(
    /^quota 'steps' allows 0\.001 requests a second \(2 at once\); try again in \d+ s$/,
  );
  expect(await left('ci')).toMatchObject({ 'all-of-ci/requestsPerSecond': 95, 'steps/requestsPerSecond': 0 });
  expect((await server.infer('add', X, as('ops'))).status).toBe(200);
});

it('reserves the longest answer and settles what was generated, of a stream that was left as well', async () => {
  const before = 3_000;
  expect((await left('app'))['words/tokensPerMinute']).toBe(before);
  const refused = await complete({ max_tokens: 3_500 });
  expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
  expect(await refused.json()).toEqual({
    error: {
      message: "quota 'words' allows 3000 tokens a minute, and this request alone may take 3502: ask for less",
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  });
  const whole = (await (await complete({ max_tokens: 5 })).json()) as { usage: { total_tokens: number } };
  expect((await left('app'))['words/tokensPerMinute']).toBe(before - whole.usage.total_tokens);

  const controller = new AbortController();
  const stream = await complete({ max_tokens: 2_500, stream: true }, controller.signal);
  expect(stream.headers.get('x-ratelimit-remaining-tokens')).toBe(String(before - whole.usage.total_tokens - 2_502));
  await stream.body?.getReader().read();
  controller.abort();
  await until(
    'what was not generated is given back',
    async () => ((await left('app'))['words/tokensPerMinute'] as number) > before - 1_000,
  );
  expect((await left('app'))['words/tokensPerMinute']).toBeLessThan(before - whole.usage.total_tokens);
});

it('lets in as many at the same time as the quota says, and the next when one has ended', async () => {
  const headers = { 'content-type': 'application/json', ...as('slow') };
  const controller = new AbortController();
  const ask = (body: object, signal: AbortSignal | null = null) =>
    fetch(`http://127.0.0.1:${server.port}/v1/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'kjv', prompt: 'And', ignore_eos: true, ...body }),
      signal,
    });
  const running = await ask({ max_tokens: 3_000, stream: true }, controller.signal);
  const refused = await server.infer('add', X, as('slow'));
  expect(refused).toMatchObject({
    status: 429,
    retryAfter: '1',
    body: { error: "quota 'one' allows 1 requests at the same time; try again in 1 s" },
  });
  controller.abort();
  await running.text().catch(() => undefined);
  await until('the stream has ended', async () => (await left('slow'))['one/concurrent'] === 1);
  expect((await server.infer('add', X, as('slow'))).status).toBe(200);
});

it('shows everybody their own quotas, and all of them to who may see them', async () => {
  const names = async (name: Name) =>
    jsonOf(await server.send('GET /millrace/v1/quotas', '', as(name))).body.quotas.map(
      ({ quota, principal }: { quota: string; principal: string }) => `${quota} ${principal}`,
    );
  expect((await names('app')).sort()).toEqual(['words key:app']);
  expect((await names('ops')).sort()).toEqual(['all-of-ci key:ci', 'one key:slow', 'steps key:ci', 'words key:app']);
  const url = `http://127.0.0.1:${server.port}`;
  const shown = await run(['quotas', '--url', url, '--key', KEYS.ops]);
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/^QUOTA +OF +LIMIT +ALLOWED +LEFT +FULL IN\n/);
  expect(shown.out).toMatch(/^steps +key:ci, model add +requestsPerSecond +2 +0 +\d+ min \d+ s$/m);
  const json = await run(['quotas', '--url', url, '--key', KEYS.slow, '--json']);
  expect(JSON.parse(json.out)).toEqual({
    quotas: [
      {
        quota: 'one',
        principal: 'key:slow',
        limits: [{ limit: 'concurrent', unit: 'concurrent-requests', allowed: 1, remaining: 1, reset_ms: 0 }],
      },
    ],
    omitted: 0,
  });
});

it('goes on with what was used of a day after a restart', async () => {
  await using folder = await createTempFolder({});
  const settings = {
    store: { path: path.join(folder.path, 'store.db') },
    quotas: [{ name: 'daily', principal: '*', bytesPerDay: 20 }],
  };
  const { 'add/1/model.js': add } = MODELS;
  const statuses = [];
  for (let start = 0; start < 2; start++) {
    await using again = await startAppServer({ 'add/1/model.js': add }, settings);
    for (let round = 0; round < 2; round++) statuses.push((await again.infer('add', X)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});

it('counts a request as concurrent from its head until it ends, however it ends', async () => {
  const first = await beginInfer('slow');
  expect((await first.response()).status).toBe(100);
  const second = await beginInfer('slow');
  expect(await second.response()).toMatchObject({ status: 429 });
  second.socket.destroy();
  const other = await server.infer('add', X, as('slow'));
  expect([other.status, other.body.error]).toEqual([
    429,
    "quota 'one' allows 1 requests at the same time; try again in 1 s",
  ]);
  // A body that is no request.
  first.send('!'.repeat(1_000));
  expect((await first.response()).status).toBe(400);
  expect((await server.infer('add', X, as('slow'))).status).toBe(200);
  first.send(
    requestText('POST /v2/models/add/infer', { ...as('slow'), 'content-length': '10', expect: '100-continue' }),
  );
  expect((await first.response()).status).toBe(100);
  first.socket.destroy();
  await until('the client has left', async () => (await server.infer('add', X, as('slow'))).status === 200);
});
