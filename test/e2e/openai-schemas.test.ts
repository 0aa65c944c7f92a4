import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said,';
const MESSAGES = [{ role: 'user', content: 'How many?' } as const];
/** What every number of it takes ends by itself, however small the model is. */
const COUNT = z.object({ men: z.int(), beasts: z.number().int(), old: z.boolean() });
const IS_COUNT = { men: expect.any(Number), beasts: expect.any(Number), old: expect.any(Boolean) };
/** As pydantic writes `Field(ge=0)` and `Field(pattern=…)`; with `not`, which is checked only. */
const FIELDS = {
  type: 'object',
  properties: {
    age: { type: 'integer', minimum: 0, maximum: 130, title: 'Age' },
    name: { type: 'string', pattern: '^[A-Z][a-z]{1,5}$', title: 'Name' },
  },
  required: ['age', 'name'],
  title: 'Being',
};
const UNWRITTEN = { ...FIELDS, not: { required: ['name'] } };
/** One that its texts match. */
const ANY = { type: 'integer', minimum: -(10 ** 15), exclusiveMaximum: 10 ** 15 };

let server: AppServer;
let baseURL: string;
let client: OpenAI;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { contextTokens: 512, slots: 2, threads: 1, chatTemplate: "${TEMPLATE}" }\n`,
  });
  baseURL = `http://127.0.0.1:${server.port}/v1`;
  client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => server[Symbol.asyncDispose]());

const integersOf = ({ men, beasts }: z.infer<typeof COUNT>) => [men, beasts];

describe('z.int() of zod', () => {
  it('is a format of chat completions by the openai client', async () => {
    const response_format = zodResponseFormat(COUNT, 'count');
    expect(response_format.json_schema).toMatchObject({
      strict: true,
      schema: { properties: { men: { type: 'integer', minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 } } },
    });
    const asked = { model: 'kjv', messages: MESSAGES, temperature: 0, response_format };
    const { choices } = await client.chat.completions.parse(asked);
    const parsed = choices[0]?.message.parsed;
    expect(parsed).toEqual(IS_COUNT);
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(IS_COUNT);
  });

  it('is a format of responses by the openai client', async () => {
    const format = zodTextFormat(COUNT, 'count');
    const { output_parsed: parsed } = await client.responses.parse({
      model: 'kjv',
      input: 'How many?',
      text: { format },
    });
    expect(parsed).toEqual(IS_COUNT);
  });

  it.each([
    ['@ai-sdk/openai, chat', () => createOpenAI({ baseURL, apiKey: 'none' }).chat('kjv')],
    ['@ai-sdk/openai, responses', () => createOpenAI({ baseURL, apiKey: 'none' }).responses('kjv')],
    [
      '@ai-sdk/openai-compatible',
      () => createOpenAICompatible({ name: 'millrace', baseURL, supportsStructuredOutputs: true })('kjv'),
    ],
  ])('is an object of the AI SDK by %s', async (_, model) => {
    const { object } = await generateObject({ model: model(), prompt: 'How many?', schema: COUNT, maxRetries: 0 });
    expect(object).toEqual(IS_COUNT);
    expect(integersOf(object).every(Number.isSafeInteger)).toBe(true);
  });
});

/** Mismatches that the server has counted. */
async function mismatches(): Promise<number> {
  const text = await (await fetch(`${server.addresses.metrics?.url}/metrics`)).text();
  return Number(/^millrace_runtime_schema_mismatches_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

const described = (schema: object, strict: boolean | undefined) => ({
  name: 'x',
  schema: { ...schema },
  ...(strict === undefined ? {} : { strict }),
});
const chatFormat = (schema: object, strict: boolean | undefined) =>
  ({ type: 'json_schema', json_schema: described(schema, strict) }) as const;
const textFormat = (schema: object, strict: boolean | undefined) =>
  ({ format: { type: 'json_schema', ...described(schema, strict) } }) as const;

/** The text of an answer, by each API, whole and as a stream. */
const ASKED: readonly (readonly [string, (schema: object, strict: boolean | undefined) => Promise<string>])[] = [
  [
    'chat completions',
    async (schema, strict) => {
      const response_format = chatFormat(schema, strict);
      const answer = await client.chat.completions.create({ model: 'kjv', messages: MESSAGES, response_format });
      return answer.choices[0]?.message.content ?? '';
    },
  ],
  [
    'streams of chat completions',
    async (schema, strict) => {
      const response_format = chatFormat(schema, strict);
      const asked = { model: 'kjv', messages: MESSAGES, response_format, stream: true } as const;
      let text = '';
      for await (const { choices } of await client.chat.completions.create(asked))
        text += choices[0]?.delta.content ?? '';
      return text;
    },
  ],
  [
    'responses',
    async (schema, strict) => {
      const text = textFormat(schema, strict);
      return (await client.responses.create({ model: 'kjv', input: 'Who?', text })).output_text;
    },
  ],
  [
    'streams of responses',
    async (schema, strict) => {
      const text = textFormat(schema, strict);
      const stream = client.responses.stream({ model: 'kjv', input: 'Who?', text });
      return (await stream.finalResponse()).output_text;
    },
  ],
];

describe('bounds and patterns', () => {
  it.each(ASKED)('are kept to, where a schema is strict or not: %s', async (_, ask) => {
    for (const strict of [true, false]) {
      const { age, name } = JSON.parse(await ask(FIELDS, strict));
      expect(Number.isInteger(age) && age >= 0 && age <= 130).toBe(true);
      expect(name).toMatch(/^[A-Z][a-z]{1,5}$/);
    }
  });
});

describe('keywords that a grammar does not write', () => {
  it.each(ASKED)('are checked afterwards where the schema is not strict: %s', async (_, ask) => {
    for (const strict of [false, undefined]) {
      const before = await mismatches();
      expect(JSON.parse(await ask(UNWRITTEN, strict))).toEqual({ age: expect.any(Number), name: expect.any(String) });
      await until('the mismatch is counted', async () => (await mismatches()) === before + 1);
    }
    const before = await mismatches();
    expect(JSON.parse(await ask(ANY, false))).toEqual(expect.any(Number));
    // One more: those before it have been counted.
    await ask({ const: 1, minimum: 2 }, false);
    await until('the last one is counted', async () => (await mismatches()) === before + 1);
  });

  it.each(ASKED)('fail an answer that does not match where it is strict: %s', async (_, ask) => {
    const message = expect.stringContaining('the answer does not match the schema:  must NOT be valid');
    await expect(ask(UNWRITTEN, true)).rejects.toMatchObject({ message });
  });

  it('fail an answer after a second attempt, and clients do not try again', async () => {
    const failures = async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/v2/models/kjv/stats`);
      const { model_stats } = (await response.json()) as {
        model_stats: [{ inference_stats: { fail: { count: number } } }];
      };
      return model_stats[0].inference_stats.fail.count;
    };
    const before = await failures();
    const response_format = { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: UNWRITTEN } };
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'kjv', messages: MESSAGES, response_format }),
    });
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'schema_mismatch' } });
    expect((await failures()) - before).toBe(2);
  });

  it.each(ASKED)('are refused by name where they cannot be checked: %s', async (_, ask) => {
    await expect(ask({ ...FIELDS, nullable: true }, true)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_json_schema',
      message: expect.stringContaining(
        "the JSON schema, at '/': the keyword 'nullable' is not supported in strict mode",
      ),
    });
  });
});

describe('forms as the clients of vLLM and llama.cpp ask for them', () => {
  const GRAMMAR = 'root ::= who " said" "."?\nwho ::= "Moses" | "Aaron"\n';
  const SCHEMA = { type: 'object', properties: { old: { type: 'boolean' } }, required: ['old'] };
  const isMember = (text: string) => Object.keys(JSON.parse(text)).join() === 'old';
  const forms: readonly (readonly [object, (text: string) => boolean])[] = [
    [{ response_format: { type: 'json_object', schema: SCHEMA } }, isMember],
    [{ guided_json: SCHEMA, guided_decoding_backend: 'xgrammar' }, isMember],
    [{ guided_json: JSON.stringify(SCHEMA) }, isMember],
    [{ json_schema: SCHEMA }, isMember],
    [{ structured_outputs: { json: SCHEMA } }, isMember],
    [{ guided_choice: ['yea', 'nay'] }, (text) => ['yea', 'nay'].includes(text)],
    [{ structured_outputs: { choice: ['yea', 'nay'] } }, (text) => ['yea', 'nay'].includes(text)],
    [{ guided_regex: '[a-z]{2}-\\d{3}' }, (text) => /^[a-z]{2}-\d{3}$/.test(text)],
    [
      { structured_outputs: { regex: '(?!m)[a-z]{2}', disable_any_whitespace: false } },
      (text) => /^(?!m)[a-z]{2}$/.test(text),
    ],
    [{ guided_grammar: GRAMMAR }, (text) => /^(?:Moses|Aaron) said\.?$/.test(text)],
    [{ grammar: GRAMMAR, guided_regex: null }, (text) => /^(?:Moses|Aaron) said\.?$/.test(text)],
    [{ structured_outputs: { grammar: GRAMMAR } }, (text) => /^(?:Moses|Aaron) said\.?$/.test(text)],
  ];

  it.each(forms)('are followed: %j', async (form, isRight) => {
    const ask = async (route: string, body: object) => {
      const response = await fetch(`${baseURL}/${route}`, {
        method: 'POST',
        body: JSON.stringify({ model: 'kjv', max_tokens: 100, ...body, ...form }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
      const { choices } = (await response.json()) as any;
      const [{ message, text = message.content, finish_reason: reason }] = choices;
      expect({ reason, text, isRight: isRight(text) }).toEqual({ reason: 'stop', text, isRight: true });
    };
    await ask('chat/completions', { messages: MESSAGES });
    await ask('completions', { prompt: 'And he said,' });
  });
});
