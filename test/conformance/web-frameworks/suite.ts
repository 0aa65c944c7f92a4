import { strict as assert } from 'node:assert';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { APIError, OpenAI } from 'openai';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { Tally } from '../harness/tally.js';
import { type Application, installExample, runIn, startApplication } from './application.js';

const KEY = 'key-of-clients-0123456789';
const TEMPLATE = '{% for message in messages %}{{ message.content }} {% endfor %}And he said,';
const LENGTH = { model: 'kjv', max_tokens: 8, temperature: 0, ignore_eos: true };
const CHAT = { ...LENGTH, messages: [{ role: 'user' as const, content: 'Who is there?' }] };

/** The server inside applications: `examples/hono`, the program of `docs/library.md`, and `examples/next`. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const models = writeModels();
  const hono = await installExample('hono');
  const env = { MILLRACE_MODELS: models, MILLRACE_MODEL: 'kjv' };
  await serving(
    tally,
    await startApplication(hono, ['server.mjs'], { ...env, MILLRACE_KEY: KEY }),
    async (check, url) => {
      await checkOpenAi(check, url);
      await checkHono(check, url);
    },
  );
  writeFileSync(path.join(hono, 'documented.mjs'), documentedProgram(models));
  await serving(tally, await startApplication(hono, ['documented.mjs'], {}), checkOpenAi);
  const next = await installExample('next');
  await runIn(next, process.execPath, ['node_modules/next/dist/bin/next', 'build']);
  const start = ['node_modules/next/dist/bin/next', 'start'];
  await serving(tally, await startApplication(next, start, env), checkOpenAi);
  return tally.close();
}

type Check = (name: string, run: () => Promise<void>) => Promise<void>;

/** Checks an application, and stops it. */
async function serving(
  tally: Tally,
  application: Application,
  runChecks: (check: Check, url: string) => Promise<void>,
): Promise<void> {
  const check: Check = async (name, work) => {
    try {
      await work();
      tally.pass();
    } catch (error) {
      tally.fail(
        `${name}: ${String((error as Error).stack)
          .replaceAll(/\s+/g, ' ')
          .slice(0, 500)}`,
      );
    }
  };
  try {
    await runChecks(check, application.url);
  } finally {
    tally.check((await application.stop()) !== null, `the application did not end: ${application.lastWords()}`);
  }
}

async function checkOpenAi(check: Check, url: string): Promise<void> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });
  await check('models', async () => {
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id }) => id),
      ['kjv'],
    );
  });
  await check('a chat, whole and as a stream', async () => {
    const whole = await client.chat.completions.create(CHAT);
    assert.equal(whole.usage?.completion_tokens, 8);
    const stream = client.chat.completions.stream({ ...CHAT, stream_options: { include_usage: true } });
    let chunks = 0;
    for await (const _ of stream) chunks++;
    assert.ok(chunks > 3, `got ${chunks} chunks`);
    assert.equal(await stream.finalContent(), whole.choices[0]?.message.content);
  });
  await check('a stream that its client leaves', async () => {
    for (let round = 0; round < 6; round++) {
      const stream = await client.chat.completions.create({ ...CHAT, max_tokens: 2_000, stream: true });
      for await (const _ of stream) break;
    }
    // There are two slots: it would wait for the end of those that were left.
    assert.equal((await client.chat.completions.create(CHAT)).usage?.completion_tokens, 8);
  });
  await check('an unknown model', async () => {
    const error = await client.chat.completions.create({ ...CHAT, model: 'kvj' }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof APIError);
    assert.deepEqual([error.status, error.code], [404, 'model_not_found']);
    assert.match(error.message, /did you mean 'kjv'/);
  });
  await check('a compressed request', async () => {
    const response = await post(url, gzipSync(JSON.stringify(CHAT)), { 'content-encoding': 'gzip' });
    assert.equal(response.status, 200);
  });
  await check('a body that is too large', async () => {
    const content = 'a'.repeat(5_000_000);
    const response = await post(
      url,
      Buffer.from(JSON.stringify({ ...CHAT, messages: [{ role: 'user', content }] })),
      {},
    );
    assert.equal(response.status, 413);
    assert.match(await response.text(), /more than 4194304 bytes/);
  });
  await check('a path and a method that nothing has', async () => {
    assert.equal((await fetch(`${url}/v1/nothing`, { headers: { authorization: `Bearer ${KEY}` } })).status, 404);
    assert.equal((await fetch(`${url}/v1/chat/completions`)).status, 405);
  });
}

async function checkHono(check: Check, url: string): Promise<void> {
  await check('a key that nobody has', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'another', maxRetries: 0 });
    const error = await client.models.list().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof APIError);
    assert.equal(error.status, 401);
  });
  await check('a route that asks the model in the same process', async () => {
    const response = await fetch(`${url}/title`, { method: 'POST', body: 'It was a dark and stormy night.' });
    assert.equal(response.status, 200);
    const { title } = (await response.json()) as { readonly title: string };
    assert.ok(title.length > 0);
  });
}

function post(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<Response> {
  const all = { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, ...headers };
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: all, body: new Uint8Array(body) });
}

function writeModels(): string {
  const folder = emptyFolder('web-frameworks-models');
  mkdirSync(path.join(folder, 'kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(folder, 'kjv/1/model.gguf'));
  const llama = `llama: { contextTokens: 2048, slots: 2, deterministic: true, chatTemplate: "${TEMPLATE}" }\n`;
  writeFileSync(path.join(folder, 'kjv/model.yaml'), llama);
  return folder;
}

/** The one for Hono, with these models and the port of the environment. */
function documentedProgram(models: string): string {
  const [, program = ''] = /^```js hono\n(.*?)^```/ms.exec(readFileSync(inRoot('docs/library.md'), 'utf8')) ?? [];
  return program.replace("'./models'", JSON.stringify(models)).replace('port: 3000', 'port: Number(process.env.PORT)');
}
