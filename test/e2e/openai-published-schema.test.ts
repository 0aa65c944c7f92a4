import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { startPoolingServer } from '../support/pooling-server.js';
import { PublishedSchema } from '../support/published-schema.js';

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
/** Thoughts, where a chat template has them. */
const THINKING = `{# enable_thinking #}{% for message in messages %}{{ message.role }} {{ message.content }} {% endfor %}And he thought, <think>`;
const LLAMA = 'contextTokens: 1024, slots: 2, threads: 1, deterministic: true';

let server: AppServer;
let pooling: Awaited<ReturnType<typeof startPoolingServer>>;
let published: PublishedSchema;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { ${LLAMA} }\n`,
    'thinking/1/model.gguf': TINY,
    'thinking/model.yaml': `llama: { ${LLAMA}, chatTemplate: ${JSON.stringify(THINKING)} }\n`,
  });
  pooling = await startPoolingServer();
  published = new PublishedSchema();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await pooling[Symbol.asyncDispose]();
});

const SCHEMA = {
  type: 'object',
  properties: { kind: { enum: ['man', 'beast'] }, old: { type: 'boolean' } },
  required: ['kind', 'old'],
  additionalProperties: false,
};
const SEND = { name: 'send', description: 'Sends.', parameters: SCHEMA, strict: true };
const MESSAGES = [{ role: 'user', content: 'Who is there?' }];
const SHORT = { model: 'kjv', temperature: 0, max_tokens: 8 };
const SHORT_RESPONSE = { model: 'kjv', temperature: 0, max_output_tokens: 8, input: 'Who is there?' };

/** Requests of chat completions, of which each has an answer and a stream. */
const CHATS: Readonly<Record<string, object>> = {
  'a text': { ...SHORT, messages: MESSAGES },
  'several texts with probabilities': { ...SHORT, messages: MESSAGES, n: 2, logprobs: true, top_logprobs: 2 },
  'no text': { ...SHORT, messages: MESSAGES, max_tokens: 1, stop: ['e', 'a', 'i', 'o', 'u', ' '] },
  JSON: {
    ...SHORT,
    messages: MESSAGES,
    max_tokens: 100,
    response_format: { type: 'json_schema', json_schema: { name: 'being', strict: true, schema: SCHEMA } },
  },
  'a call': {
    ...SHORT,
    messages: MESSAGES,
    max_tokens: 100,
    tools: [{ type: 'function', function: SEND }],
    tool_choice: 'required',
  },
  'several calls': {
    ...SHORT,
    messages: MESSAGES,
    max_tokens: 200,
    tools: [{ type: 'function', function: SEND }],
    tool_choice: { type: 'function', function: { name: 'send' } },
    parallel_tool_calls: true,
  },
  thoughts: { ...SHORT, model: 'thinking', messages: MESSAGES },
};

const TEXTS: Readonly<Record<string, object>> = {
  'a text': { ...SHORT, prompt: 'In the beginning' },
  'texts with probabilities': { ...SHORT, prompt: ['In the', 'And'], logprobs: 2, n: 2, temperature: 1 },
  'an echo': { ...SHORT, prompt: 'In the', echo: true, logprobs: 1 },
};

const RESPONSES: Readonly<Record<string, object>> = {
  'a text that is cut': SHORT_RESPONSE,
  'a text': { ...SHORT_RESPONSE, max_output_tokens: 400 },
  'probabilities and instructions': {
    ...SHORT_RESPONSE,
    instructions: 'Be brief.',
    top_logprobs: 2,
    include: ['message.output_text.logprobs'],
    metadata: { case: 'probabilities' },
  },
  JSON: {
    ...SHORT_RESPONSE,
    max_output_tokens: 100,
    text: { format: { type: 'json_schema', name: 'being', strict: true, schema: SCHEMA } },
  },
  'a call': {
    ...SHORT_RESPONSE,
    max_output_tokens: 100,
    tools: [{ type: 'function', ...SEND }],
    tool_choice: { type: 'function', name: 'send' },
  },
  thoughts: { ...SHORT_RESPONSE, model: 'thinking', reasoning: { effort: 'low' } },
};

function post(route: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/${route}`, { method: 'POST', body: JSON.stringify(body) });
}

async function answerOf(route: string, body: object): Promise<Json> {
  const response = await post(route, body);
  expect(response.status).toBe(200);
  return response.json();
}

async function eventsOf(route: string, body: object): Promise<readonly Json[]> {
  const response = await post(route, { ...body, stream: true });
  expect(response.status).toBe(200);
  const data = (await response.text()).matchAll(/^data: (\{.*)$/gm);
  return [...data].map(([, json = '']) => JSON.parse(json));
}

describe('chat completions', () => {
  it.each(Object.entries(CHATS))('%s', async (_, request) => {
    const answer = await answerOf('chat/completions', request);
    expect(published.mistakes('CreateChatCompletionResponse', answer)).toEqual([]);
  });

  it.each(Object.entries(CHATS))('%s as a stream', async (_, request) => {
    const events = await eventsOf('chat/completions', { ...request, stream_options: { include_usage: true } });
    expect(events.length).toBeGreaterThan(1);
    const mistakes = events.flatMap((event) => published.mistakes('CreateChatCompletionStreamResponse', event));
    expect(mistakes).toEqual([]);
  });
});

describe('completions', () => {
  it.each(Object.entries(TEXTS))('%s', async (_, request) => {
    expect(published.mistakes('CreateCompletionResponse', await answerOf('completions', request))).toEqual([]);
  });

  it.each(Object.entries(TEXTS))('%s as a stream', async (_, request) => {
    const events = await eventsOf('completions', { ...request, stream_options: { include_usage: true } });
    expect(events.length).toBeGreaterThan(1);
    expect(events.flatMap((event) => published.mistakes('CreateCompletionStreamResponse', event))).toEqual([]);
  });
});

describe('responses', () => {
  it.each(Object.entries(RESPONSES))('%s', async (_, request) => {
    expect(published.mistakes('Response', await answerOf('responses', request))).toEqual([]);
  });

  it.each(Object.entries(RESPONSES))('%s as a stream', async (_, request) => {
    const events = await eventsOf('responses', request);
    expect(events.length).toBeGreaterThan(4);
    expect(events.flatMap((event) => published.mistakesOfEvent(event))).toEqual([]);
  });

  it('what is stored, its items, and the tokens of a request', async () => {
    const { id } = await answerOf('responses', SHORT_RESPONSE);
    const get = async (route: string): Promise<Json> =>
      (await fetch(`http://127.0.0.1:${server.port}/v1/responses/${route}`)).json();
    expect(published.mistakes('Response', await get(id))).toEqual([]);
    expect(published.mistakes('ResponseItemList', await get(`${id}/input_items`))).toEqual([]);
    const { max_output_tokens: _, temperature: __, ...counted } = SHORT_RESPONSE;
    expect(published.mistakes('TokenCountsResource', await answerOf('responses/input_tokens', counted))).toEqual([]);
  });
});

it('embeddings', async () => {
  const { json } = await pooling.ask('/v1/embeddings', { model: 'toy-embed', input: ['a mill', 'a river'] });
  expect(published.mistakes('CreateEmbeddingResponse', json)).toEqual([]);
});

it('models', async () => {
  const get = async (route: string): Promise<Json> =>
    (await fetch(`http://127.0.0.1:${server.port}/v1/${route}`)).json();
  expect(published.mistakes('ListModelsResponse', await get('models'))).toEqual([]);
  expect(published.mistakes('Model', await get('models/kjv'))).toEqual([]);
});

describe('errors', () => {
  it.each([
    ['a wrong parameter', { ...SHORT, messages: MESSAGES, temperature: 3 }, 400],
    ['an unknown model', { ...SHORT, model: 'kvj', messages: MESSAGES }, 404],
    ['a prompt that is too long', { ...SHORT, messages: [{ role: 'user', content: 'and '.repeat(2_000) }] }, 400],
  ])('%s', async (_, request, status) => {
    const response = await post('chat/completions', request);
    expect(response.status).toBe(status);
    expect(published.mistakes('ErrorResponse', await response.json())).toEqual([]);
  });
});

it('mistakes are found', () => {
  expect(published.mistakes('Model', { id: 'kjv', object: 'modal' })).not.toEqual([]);
  expect(published.mistakesOfEvent({ type: 'response.created' })).not.toEqual([]);
  expect(published.mistakesOfEvent({ type: 'response.unheard_of' })).not.toEqual([]);
});
