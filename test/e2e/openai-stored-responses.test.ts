import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const MODELS = {
  'kjv/1/model.gguf': readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf')),
  'kjv/model.yaml': 'llama: { contextTokens: 512, slots: 2, threads: 1 }\n',
};
const ANNE = 'key-of-anne-0123456789';
const BEN = 'key-of-ben-0123456789';
const REQUEST = { model: 'kjv', max_output_tokens: 8, temperature: 0 };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, {
    auth: {
      keys: [
        { name: 'anne', key: ANNE, scopes: ['infer'] },
        { name: 'ben', key: BEN, scopes: ['infer'] },
      ],
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

interface Asked {
  readonly key?: string;
  readonly method?: string;
  readonly body?: object;
  readonly at?: AppServer;
}

async function ask(route: string, { key = ANNE, method, body, at = server }: Asked = {}) {
  const response = await fetch(`http://127.0.0.1:${at.port}/v1/responses${route}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Json };
}

const create = (more: object, asked: Asked = {}) => ask('', { ...asked, body: { ...REQUEST, ...more } });

const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

it('a response goes on from another one: the model is told what was said, without the earlier instructions', async () => {
  const first = await create({ input: 'Who is there?', instructions: 'Be brief.' });
  const second = await create({ input: 'And then?', previous_response_id: first.json.id, instructions: 'Go on.' });
  const answer = first.json.output[0].content[0].text;
  const whole = await create({
    instructions: 'Go on.',
    input: [user('Who is there?'), { role: 'assistant', content: answer }, user('And then?')],
  });
  expect(second.json).toMatchObject({ previous_response_id: first.json.id, instructions: 'Go on.' });
  expect(second.json.usage.input_tokens).toBe(whole.json.usage.input_tokens);
  const third = await create({ input: 'Is that all?', previous_response_id: second.json.id });
  expect(third.json.usage.input_tokens).toBeGreaterThan(second.json.usage.input_tokens);
});

it('a response that was streamed is kept, too', async () => {
  const stream = await fetch(`http://127.0.0.1:${server.port}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ANNE}` },
    body: JSON.stringify({ ...REQUEST, input: 'Who?', stream: true }),
  });
  const events = (await stream.text()).split('\n\n').filter((block) => block !== '');
  const { response } = JSON.parse((events.at(-1) ?? '').split('\ndata: ')[1] ?? '');
  expect(response.store).toBe(true);
  expect(await ask(`/${response.id}`)).toEqual({ status: 200, json: response });
});

it('a response may be looked at, its input listed in pages, and forgotten', async () => {
  const first = await create({ input: 'Who is there?' });
  const { json: made } = await create({
    input: [user('And then?'), { role: 'developer', content: 'Go on.' }],
    previous_response_id: first.json.id,
  });
  expect(await ask(`/${made.id}`)).toEqual({ status: 200, json: made });

  const { json: latest } = await ask(`/${made.id}/input_items?limit=2`);
  const { json: earlier } = await ask(`/${made.id}/input_items?limit=2&after=${latest.last_id}`);
  const { json: all } = await ask(`/${made.id}/input_items?order=asc`);
  expect(latest).toMatchObject({ object: 'list', has_more: true, first_id: latest.data[0].id });
  expect(earlier.has_more).toBe(false);
  expect(all.data).toEqual([...latest.data, ...earlier.data].reverse());
  expect(all.data).toEqual([
    { ...user('Who is there?'), id: expect.stringMatching(/^msg_/), status: 'completed' },
    first.json.output[0],
    { ...user('And then?'), id: expect.stringMatching(/^msg_/), status: 'completed' },
    {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      status: 'completed',
      role: 'developer',
      content: [{ type: 'input_text', text: 'Go on.' }],
    },
  ]);

  const forgotten = await ask(`/${made.id}`, { method: 'DELETE' });
  expect(forgotten).toEqual({ status: 200, json: { id: made.id, object: 'response', deleted: true } });
  expect((await ask(`/${made.id}`)).status).toBe(404);
});

it('for others a response does not exist', async () => {
  const { json: made } = await create({ input: 'Who?' });
  const nobody = (id: string) => ({
    status: 404,
    json: {
      error: {
        message: `the response '${id}' is not found`,
        type: 'invalid_request_error',
        param: 'response_id',
        code: 'response_not_found',
      },
    },
  });
  for (const [route, method] of [
    ['', 'GET'],
    ['', 'DELETE'],
    ['/input_items', 'GET'],
  ] as const) {
    expect(await ask(`/${made.id}${route}`, { key: BEN, method })).toEqual(nobody(made.id));
    expect(await ask(`/resp_0${route}`, { key: BEN, method })).toEqual(nobody('resp_0'));
  }
  for (const id of [made.id, 'resp_0']) {
    expect(await create({ input: 'Go on', previous_response_id: id }, { key: BEN })).toEqual({
      status: 404,
      json: {
        error: {
          message: `the response '${id}' of 'previous_response_id' is not found`,
          type: 'invalid_request_error',
          param: 'previous_response_id',
          code: 'previous_response_not_found',
        },
      },
    });
  }
  expect((await ask(`/${made.id}`)).status).toBe(200);
});

it('a response of a request that wants nothing stored is not kept', async () => {
  const { json } = await create({ input: 'Who?', store: false });
  expect(json.store).toBe(false);
  expect((await ask(`/${json.id}`)).status).toBe(404);
});

it('tokens of an input are counted as a response counts them', async () => {
  const { json: first } = await create({ input: 'Who is there?', instructions: 'Say' });
  const count = await ask('/input_tokens', { body: { input: 'Who is there?', instructions: 'Say' } });
  expect(count).toEqual({
    status: 200,
    json: { object: 'response.input_tokens', input_tokens: first.usage.input_tokens },
  });
  const more = { model: 'kjv', input: 'And then?', previous_response_id: first.id };
  const { json: second } = await create(more);
  expect((await ask('/input_tokens', { body: more })).json.input_tokens).toBe(second.usage.input_tokens);
});

it.each([
  ['order', '?order=up', "'order': expected 'asc' or 'desc', got 'up'"],
  ['limit', '?limit=0', "'limit': expected an integer from 1 to 100, got '0'"],
  ['after', '?after=msg_0', "'after': expected the id of an item, got 'msg_0'"],
  ['include', '?include=x', "'include' is not a known parameter"],
])('a list of input items is refused for %s', async (param, query, message) => {
  const { json: made } = await create({ input: 'Who?' });
  const { status, json } = await ask(`/${made.id}/input_items${query}`);
  expect({ status, param: json.error.param, message: json.error.message }).toEqual({ status: 400, param, message });
});

it('settings bound what is kept', async () => {
  await using few = await startAppServer(MODELS, { openai: { maxStoredResponses: 1 } });
  const { json: first } = await create({ input: 'Who?' }, { at: few });
  const { json: second } = await create({ input: 'And who?' }, { at: few });
  expect((await ask(`/${first.id}`, { at: few })).status).toBe(404);
  expect((await ask(`/${second.id}`, { at: few })).status).toBe(200);
});

it('a server may keep nothing', async () => {
  await using none = await startAppServer(MODELS, { openai: { maxStoredResponses: 0 } });
  const { json } = await create({ input: 'Who?' }, { at: none });
  expect(json.store).toBe(false);
  expect((await create({ input: 'Who?', store: true }, { at: none })).json.error).toMatchObject({
    param: 'store',
    message: "'store' is not supported here: no responses are kept",
  });
  await using small = await startAppServer(MODELS, { openai: { maxStoredBytes: 10 } });
  expect((await create({ input: 'Who?', store: true }, { at: small })).json.store).toBe(false);
});
