import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { control, echoModel } from '../support/control-fixture.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const MODEL = 'llama: { contextTokens: 128, slots: 1, threads: 1 }\n';
const MODELS = {
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': MODEL,
  'other/1/model.gguf': TINY,
  'other/model.yaml': MODEL,
  'numbers/1/': '',
  'numbers/model.yaml': echoModel(),
};
/** Models that each key may infer. */
const MODELS_OF_KEYS = { all: ['*'], kjv: ['kjv'], numbers: ['numbers'], both: ['kjv', 'numbers'] } as const;
type Key = keyof typeof MODELS_OF_KEYS;

const keyOf = (name: string) => `key-of-${name}-0123456789`;
const AUTH = {
  keys: [...Object.keys(MODELS_OF_KEYS), 'admin', 'nobody'].map((name) => ({ name, key: keyOf(name), scopes: [] })),
  bindings: [
    { principal: 'key:admin', role: 'admin' },
    ...Object.entries(MODELS_OF_KEYS).map(([name, models]) => ({
      principal: `key:${name}`,
      role: 'caller',
      models: [...models],
    })),
  ],
};

const MESSAGES = [{ role: 'user', content: 'In the beginning' }];
const ROUTES: readonly (readonly [route: string, body: object])[] = [
  ['v1/chat/completions', { messages: MESSAGES, max_tokens: 2 }],
  ['v1/completions', { prompt: 'And', max_tokens: 2 }],
  ['v1/responses', { input: 'And', max_output_tokens: 2 }],
];
const COUNTING: readonly (readonly [route: string, body: object])[] = [
  ['v1/responses/input_tokens', { input: 'And' }],
  ['tokenize', { content: 'And' }],
  ['detokenize', { tokens: [5, 6] }],
];

const post = (server: AppServer, key: Key | 'other' | 'nobody', route: string, body: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}/${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf(key)}` },
    body: JSON.stringify(body),
  });

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

async function ask(server: AppServer, key: Key | 'other' | 'nobody', route: string, body: object) {
  const response = await post(server, key, route, body);
  return { status: response.status, json: (await response.json()) as Json };
}

/** The `model` of each event of a stream that has one, responses' inside `response`. */
async function modelsOfEvents(response: Response): Promise<readonly string[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
  const events = lines.map((line): Json => JSON.parse(line.slice('data: '.length)));
  return [
    ...new Set(events.map((event) => event.model ?? event.response?.model).filter((model) => model !== undefined)),
  ];
}

describe('without a default model', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(MODELS, { auth: AUTH, metering: { enabled: true } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const requestsOf = async (model: string): Promise<number> => {
    const headers = { authorization: `Bearer ${keyOf('admin')}` };
    const { body } = await control(server, 'GET usage?by=model', { headers });
    return body.rows.find((row: Json) => row.model === model)?.requests ?? 0;
  };

  it.each(ROUTES)(
    'the only one that the caller may infer answers, and is named and counted: %s',
    async (route, body) => {
      const before = await requestsOf('kjv');
      for (const key of ['kjv', 'both'] as const) {
        const { status, json } = await ask(server, key, route, body);
        expect({ status, model: json.model }).toEqual({ status: 200, model: 'kjv' });
      }
      expect((await ask(server, 'kjv', route, { ...body, model: null })).json.model).toBe('kjv');
      const streamed = await post(server, 'kjv', route, { ...body, stream: true });
      expect(await modelsOfEvents(streamed)).toEqual(['kjv']);
      expect((await requestsOf('kjv')) - before).toBe(4);
      expect(await requestsOf('other')).toBe(0);
    },
  );

  it.each(COUNTING)('the only one that the caller may infer counts: %s', async (route, body) => {
    const named = await ask(server, 'kjv', route, { model: 'kjv', ...body });
    expect(named.status).toBe(200);
    expect(await ask(server, 'kjv', route, body)).toEqual(named);
  });

  it.each([...ROUTES, ...COUNTING])('several are listed to a caller who may infer them: %s', async (route, body) => {
    expect(await ask(server, 'all', route, body)).toEqual({
      status: 400,
      json: {
        error: {
          message:
            "'model': expected the name of a model, got nothing; 2 models generate text: 'kjv', 'other'. The setting openai.defaultModel chooses the one for requests without a name",
          type: 'invalid_request_error',
          param: 'model',
          code: null,
        },
      },
    });
  });

  it.each(['numbers', 'nobody'] as const)('none is named to a caller who may infer none: %s', async (key) => {
    const { status, json } = await ask(server, key, 'v1/chat/completions', { messages: MESSAGES });
    expect({ status, message: json.error.message }).toEqual({
      status: 400,
      message: "'model': expected the name of a model, got nothing; no model that this caller may infer generates text",
    });
  });

  it('a name that is no text is refused', async () => {
    const { status, json } = await ask(server, 'kjv', 'v1/chat/completions', { messages: MESSAGES, model: 5 });
    expect({ status, message: json.error.message }).toEqual({
      status: 400,
      message: "'model': expected a string, got 5",
    });
  });
});

describe('with a default model', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(MODELS, { auth: AUTH, openai: { defaultModel: 'other' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(ROUTES)('it answers: %s', async (route, body) => {
    const { status, json } = await ask(server, 'all', route, body);
    expect({ status, model: json.model }).toEqual({ status: 200, model: 'other' });
  });

  it.each(ROUTES)('a caller who may not infer it gets the only one that it may: %s', async (route, body) => {
    const { status, json } = await ask(server, 'kjv', route, body);
    expect({ status, model: json.model }).toEqual({ status: 200, model: 'kjv' });
  });

  it('it is not named to a caller who may not infer it', async () => {
    const { status, json } = await ask(server, 'numbers', 'v1/chat/completions', { messages: MESSAGES });
    expect(status).toBe(400);
    expect(JSON.stringify(json)).not.toContain('other');
  });
});

it('the default model may be an alias, and a caller needs the right on the model that has it', async () => {
  const models = { ...MODELS, 'other/model.yaml': `${MODEL}aliases: [usual]\n` };
  await using server = await startAppServer(models, {
    auth: {
      keys: [...AUTH.keys, { name: 'other', key: keyOf('other'), scopes: [] }],
      bindings: [...AUTH.bindings, { principal: 'key:other', role: 'caller', models: ['other', 'numbers'] }],
    },
    openai: { defaultModel: 'usual' },
  });
  const answered = async (key: Key | 'other') => {
    const { status, json } = await ask(server, key, 'v1/completions', { prompt: 'And', max_tokens: 2 });
    return [status, json.model];
  };
  expect(await answered('all')).toEqual([200, 'usual']);
  expect(await answered('other')).toEqual([200, 'usual']);
  expect(await answered('kjv')).toEqual([200, 'kjv']);
});

it('a request without a model is asked to come again while models are being loaded', async () => {
  await using starting = await startAppServer(MODELS, {}, { start: false });
  const response = await fetch(`http://127.0.0.1:${starting.port}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages: MESSAGES }),
  });
  expect({ status: response.status, retryAfter: response.headers.get('retry-after') }).toEqual({
    status: 503,
    retryAfter: '1',
  });
  const { error } = (await response.json()) as Json;
  expect(error.message).toBe('no model is ready yet; try again later');
});
