import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const MODEL = 'llama: { contextTokens: 512, slots: 2, threads: 1, deterministic: true }\n';
const MESSAGES = [{ role: 'user', content: 'In the beginning' }];
const GREEDY = { model: 'kjv', temperature: 0, max_tokens: 8, ignore_eos: true };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': MODEL,
    'other/1/model.gguf': TINY,
    'other/model.yaml': MODEL,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

const post = (route: string, body: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}/v1/${route}`, { method: 'POST', body: JSON.stringify(body) });

async function ask(route: string, body: object): Promise<{ status: number; json: Json }> {
  const response = await post(route, body);
  return { status: response.status, json: await response.json() };
}

/** The data of a stream's events. */
async function eventsOf(response: Response): Promise<readonly Json[]> {
  const lines = (await response.text()).split('\n\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

describe('probabilities of tokens in a stream', () => {
  it('are all told, those of text that a stop string cuts off, too', async () => {
    const plain = await ask('chat/completions', { ...GREEDY, messages: MESSAGES, logprobs: true });
    // Where a token begins, so that nothing is left to be said with it.
    const stop = plain.json.choices[0].logprobs.content
      .slice(4, 6)
      .map(({ token }: Json) => token)
      .join('');
    const request = { ...GREEDY, messages: MESSAGES, logprobs: true, stop: [stop] };
    const whole = await ask('chat/completions', request);
    const expected = whole.json.choices[0].logprobs.content.map(({ token }: Json) => token);
    expect(expected.join('')).toContain(stop);
    const chunks = await eventsOf(await post('chat/completions', { ...request, stream: true }));
    const told = chunks.flatMap(({ choices: [choice] }) => choice.logprobs?.content ?? []);
    expect(told.map(({ token }) => token)).toEqual(expected);
  });
});

const LONG = 'and '.repeat(600);
const BAD = { type: 'object', properties: { a: { format: 'colour' } } };
const TOOL = { name: 'go', strict: true, parameters: BAD };

describe('what a model refuses', () => {
  it.each([
    ['chat/completions', { messages: [{ role: 'user', content: LONG }] }, 'messages', 'context_length_exceeded'],
    ['completions', { prompt: LONG }, 'prompt', 'context_length_exceeded'],
    ['responses', { input: LONG }, 'input', 'context_length_exceeded'],
    [
      'chat/completions',
      {
        messages: MESSAGES,
        response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: BAD } },
      },
      'response_format',
      'invalid_json_schema',
    ],
    [
      'responses',
      { input: 'a', text: { format: { type: 'json_schema', name: 'x', strict: true, schema: BAD } } },
      'text.format',
      'invalid_json_schema',
    ],
    [
      'chat/completions',
      { messages: MESSAGES, tools: [{ type: 'function', function: TOOL }] },
      'tools',
      'invalid_function_parameters',
    ],
    ['responses', { input: 'a', tools: [{ type: 'function', ...TOOL }] }, 'tools', 'invalid_function_parameters'],
  ])('by $0: $2 ($3), as a stream, too', async (route, body, param, code) => {
    for (const stream of [false, true]) {
      const { status, json } = await ask(route, { model: 'kjv', stream, ...body });
      expect({ status, error: json.error }).toEqual({
        status: 400,
        error: { message: expect.any(String), type: 'invalid_request_error', param, code },
      });
    }
  });

  it.each([undefined, 'a b', 'x'.repeat(65)])('is the name %s of a schema', async (name) => {
    const format = { type: 'json_schema', name, schema: {} };
    const { status, json } = await ask('responses', { model: 'kjv', input: 'a', text: { format } });
    expect({ status, param: json.error.param }).toEqual({ status: 400, param: 'text.format.name' });
  });
});
