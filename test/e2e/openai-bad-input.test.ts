import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
/** What the first message says decides what becomes of it. */
const TEMPLATE = [
  "{% set said = messages[0].content %}{% if said == 'throw' %}{{ raise_exception('no fools') }}{% endif %}",
  "{% if said == 'loop' %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif %}",
  "{% if said == 'grow' %}{% set ns = namespace(text='ab') %}{% for a in range(60) %}{% set ns.text = ns.text ~ ns.text %}{% endfor %}{% endif %}{{ said }}",
].join('');

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { contextTokens: 256, slots: 1, threads: 1, chatTemplate: "${TEMPLATE}" }\nqueue: { maxRequests: 4 }\n`,
    'cut/1/model.gguf': TINY.subarray(0, 1_000_000),
    'cut/model.yaml': 'llama: { slots: 1 }\n',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

async function send(route: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/${route}`, {
    method: 'POST',
    body: Buffer.from(body),
    headers,
  });
  return { status: response.status, error: ((await response.json()) as Json).error };
}

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const CHAT = { model: 'kjv', ...user('a'), max_tokens: 2 };
const TEXT = { model: 'kjv', prompt: 'And', max_tokens: 2 };
const RESPONSE = { model: 'kjv', input: 'a', max_output_tokens: 2 };
const json_schema = (schema: unknown, strict?: unknown) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict } },
});

type Row = readonly [param: string | null, change: object];

const SAMPLING: readonly Row[] = [
  ['model', { model: 5 }],
  ['temperature', { temperature: 'hot' }],
  ['temperature', { temperature: -0.1 }],
  ['top_p', { top_p: 1.1 }],
  ['top_k', { top_k: 0.5 }],
  ['min_p', { min_p: -1 }],
  ['n', { n: 0 }],
  ['n', { n: 129 }],
  ['max_tokens', { max_tokens: -2 }],
  ['max_tokens', { max_tokens: 1e12 }],
  ['frequency_penalty', { frequency_penalty: -2.1 }],
  ['presence_penalty', { presence_penalty: 2.1 }],
  ['repetition_penalty', { repetition_penalty: 0 }],
  ['seed', { seed: 1.5 }],
  ['stop', { stop: 5 }],
  ['stop', { stop: [''] }],
  ['stop', { stop: Array(17).fill('a') }],
  ['logit_bias', { logit_bias: { a: 1 } }],
  ['logit_bias', { logit_bias: { 1: 101 } }],
  ['logit_bias', { logit_bias: [] }],
  ['stream', { stream: 'yes' }],
  ['stream_options', { stream: true, stream_options: [] }],
  ['ignore_eos', { ignore_eos: 1 }],
  ['temprature', { temprature: 1 }],
];
/** As the clients of vLLM and llama.cpp say which form an answer has. */
const GUIDED: readonly Row[] = [
  ['guided_json', { guided_json: 5 }],
  ['guided_json', { guided_json: '{' }],
  ['guided_choice', { guided_choice: [] }],
  ['guided_choice', { guided_choice: ['a', ''] }],
  ['guided_choice', { guided_choice: Array(1_001).fill('a') }],
  ['guided_regex', { guided_regex: 5 }],
  ['guided_grammar', { guided_grammar: ['root'] }],
  ['guided_whitespace_pattern', { guided_whitespace_pattern: ' ' }],
  ['json_schema', { json_schema: [] }],
  ['grammar', { grammar: {} }],
  ['structured_outputs', { structured_outputs: {} }],
  ['structured_outputs.regex', { structured_outputs: { regex: 5 } }],
  ['structured_outputs.structural_tag', { structured_outputs: { regex: 'a', structural_tag: '{}' } }],
  ['structured_outputs.regexp', { structured_outputs: { regexp: 'a' } }],
  ['guided_regex', { guided_regex: 'a', guided_choice: ['a'] }],
  ['structured_outputs.json', { structured_outputs: { json: {} }, grammar: 'root ::= "a"' }],
  ['guided_json', { guided_json: {}, response_format: { type: 'json_object' } }],
];
const CHATS: readonly Row[] = [
  ['messages', { messages: 'a' }],
  ['messages', { messages: [] }],
  ['messages[0]', { messages: ['a'] }],
  ['messages[0].role', { messages: [{ content: 'a' }] }],
  ['messages[0].content', user(5)],
  ['messages[0].content[0].text', user([{ type: 'text' }])],
  ['messages[0].content[0].type', user([{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])],
  ['max_completion_tokens', { max_completion_tokens: 0 }],
  ['logprobs', { logprobs: 1 }],
  ['top_logprobs', { logprobs: true, top_logprobs: 21 }],
  ['response_format.type', { response_format: { type: 'xml' } }],
  ['response_format.json_schema.schema', json_schema([])],
  ['response_format.json_schema.strict', json_schema({}, 'yes')],
  ['response_format.schema', { response_format: { type: 'json_object', schema: [] } }],
  ['chat_template_kwargs', { chat_template_kwargs: 1 }],
  ...GUIDED,
];
const TEXTS: readonly Row[] = [
  ['prompt', { prompt: undefined }],
  ['prompt', { prompt: [] }],
  ['prompt', { prompt: [1.5] }],
  ['prompt', { prompt: { text: 'a' } }],
  ['logprobs', { logprobs: true }],
  ['echo', { echo: 'yes' }],
  ['suffix', { suffix: 5 }],
  ...GUIDED,
];
const RESPONSES: readonly Row[] = [
  ['input', { input: [] }],
  ['input[0].role', { input: [{ role: 'tool', content: 'a' }] }],
  ['input[0].content', { input: [{ role: 'user', content: null }] }],
  ['instructions', { instructions: 5 }],
  ['temperature', { temperature: 3 }],
  ['max_output_tokens', { max_output_tokens: 0 }],
  ['metadata', { metadata: 'x' }],
  ['text.format.type', { text: { format: { type: 'xml' } } }],
  ['store', { store: 'yes' }],
  ['truncation', { truncation: 'some' }],
  ['guided_json', { guided_json: {} }],
  ['structured_outputs', { structured_outputs: { regex: 'a' } }],
];

describe.each([
  ['chat/completions', CHAT, [...SAMPLING, ...CHATS]],
  ['completions', TEXT, [...SAMPLING, ...TEXTS]],
  ['responses', RESPONSE, RESPONSES],
])('%s', (route, request, rows) => {
  it.each(rows)('refuses %s in %j, and names it', async (param, change) => {
    const { status, error } = await send(route, JSON.stringify({ ...request, ...change }));
    expect(status).toBe(400);
    expect(error).toEqual({
      message: expect.stringMatching(/^'/),
      type: 'invalid_request_error',
      param,
      code: expect.toBeOneOf([null, 'unsupported']),
    });
  });

  it.each([
    ['no JSON', '{', 'the body is not valid JSON: '],
    ['no object', '[]', 'the request: expected an object, got []'],
    ['nothing', '', 'the body is not valid JSON: '],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'the body is not UTF-8 text'],
    [
      'lists in lists',
      `{"model":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'the body has more than 128 lists and objects inside one another',
    ],
  ])('refuses %s', async (_, body, message) => {
    const { status, error } = await send(route, body);
    expect({ status, type: error.type }).toEqual({ status: 400, type: 'invalid_request_error' });
    expect(error.message).toContain(message);
  });
});

it.each([
  ['chat/completions', 'messages[0].content', '{"model":"kjv","messages":[{"role":"user","content":"a\\ud800"}]}'],
  ['completions', 'prompt[1]', '{"model":"kjv","prompt":["a","\\uDC00b"]}'],
  ['responses', 'input', '{"model":"kjv","input":"\\ud83d"}'],
])('half a character is refused: %s', async (route, param, body) => {
  expect(await send(route, body)).toEqual({
    status: 400,
    error: {
      message: `'${param}': expected a text, got one with half a character (a lone surrogate)`,
      type: 'invalid_request_error',
      param,
      code: null,
    },
  });
});

it('a whole character may be escaped', async () => {
  const { status } = await send('completions', '{"model":"kjv","prompt":"\\ud83d\\ude00","max_tokens":1}');
  expect(status).toBe(200);
});

it('an image is refused, and its address is never asked', async () => {
  let asked = 0;
  const images = createServer((_, response) => {
    asked++;
    response.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => images.once('listening', resolve));
  const url = `http://127.0.0.1:${(images.address() as AddressInfo).port}/a.png`;
  const chat = await send(
    'chat/completions',
    JSON.stringify({ ...CHAT, ...user([{ type: 'image_url', image_url: { url } }]) }),
  );
  const input = [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }];
  const response = await send('responses', JSON.stringify({ ...RESPONSE, input }));
  expect([chat, response].map(({ status, error }) => [status, error.param])).toEqual([
    [400, 'messages[0].content[0].type'],
    [400, 'input[0].content[0].type'],
  ]);
  expect(asked).toBe(0);
  images.close();
});

const TOO_MUCH_TEXT = 'the body has more than 4194304 bytes of text (openai.maxTextBytes)';

it.each([
  ['chat/completions', 'messages', { role: 'user', content: 'a' }, 500_001, 413, TOO_MUCH_TEXT],
  ['responses', 'input', { role: 'user', content: 'a' }, 500_001, 413, TOO_MUCH_TEXT],
  ['chat/completions', 'messages', {}, 500_001, 400, "'messages': expected at most 4096 messages, got 500001"],
  ['responses', 'input', {}, 500_001, 400, "'input': expected at most 4096 items, got 500001"],
  ['responses/input_tokens', 'input', {}, 4_097, 400, "'input': expected at most 4096 items, got 4097"],
  ['completions', 'prompt', 'a', 500_001, 400, expect.stringMatching(/^the body has more than 65536 values/)],
])(
  'a request of too much is refused, however small it arrives: %s, %s of %j',
  async (route, name, element, count, status, message) => {
    const body = gzipSync(JSON.stringify({ model: 'kjv', [name]: Array(count).fill(element) }));
    expect(body.length).toBeLessThan(65_536);
    const answer = await send(route, body, { 'content-encoding': 'gzip' });
    const param = message === `${message}` && message.startsWith("'") ? name : null;
    expect(answer).toEqual({ status, error: { message, type: 'invalid_request_error', param, code: null } });
  },
);

it.each([
  ['completions', { ...TEXT, prompt: 'and '.repeat(1_000_000) }],
  ['completions', { ...TEXT, prompt: 'and '.repeat(400) }],
  ['chat/completions', { ...CHAT, ...user('and '.repeat(1_000_000)) }],
  ['responses', { ...RESPONSE, input: 'and '.repeat(400) }],
])('a prompt that does not fit is refused: %s', async (route, body) => {
  const { status, error } = await send(route, JSON.stringify(body));
  expect({ status, code: error.code }).toEqual({ status: 400, code: 'context_length_exceeded' });
});

it.each([
  [
    { format: 'colour' },
    `the JSON schema, at '/format': the format "colour" is not known: write a 'pattern' instead, or beside it`,
  ],
  [{ $ref: '#' }, "the JSON schema, at '/$ref': refers to itself and nothing else"],
  [{ type: 'text' }, `the JSON schema, at '/type': expected a type of JSON, got "text"`],
])('the strict schema %j is refused', async (schema, message) => {
  const { status, error } = await send('chat/completions', JSON.stringify({ ...CHAT, ...json_schema(schema, true) }));
  expect({ status, message: error.message }).toEqual({ status: 400, message });
});

it.each([
  [
    'guided_regex',
    { guided_regex: 'a(?<=b)' },
    'invalid_grammar',
    /^the regular expression cannot be used: the pattern is not supported at character 5/,
  ],
  [
    'guided_grammar',
    { guided_grammar: 'root ::= a' },
    'invalid_grammar',
    /^the grammar, at line 1, column 10: there is no rule 'a'$/,
  ],
  [
    'grammar',
    { grammar: `root ::= ${'('.repeat(6_000)}` },
    'invalid_grammar',
    /brackets are nested deeper than 64 levels$/,
  ],
  [
    'structured_outputs.regex',
    { structured_outputs: { regex: '(' } },
    'invalid_grammar',
    /^the regular expression cannot be used/,
  ],
  ['guided_json', { guided_json: { type: 'text' } }, 'invalid_json_schema', /expected a type of JSON, got "text"$/],
  [
    'response_format',
    { response_format: { type: 'json_object', schema: { type: 'text' } } },
    'invalid_json_schema',
    /expected a type of JSON/,
  ],
])('a form that the model cannot follow is refused: %s of %j', async (param, change, code, message) => {
  for (const [route, request] of [
    ['chat/completions', CHAT],
    ['completions', TEXT],
  ] as const) {
    const { status, error } = await send(route, JSON.stringify({ ...request, ...change }));
    expect({ status, error }).toEqual({
      status: 400,
      error: { message: expect.stringMatching(message), type: 'invalid_request_error', param, code },
    });
  }
});

it('two forms of an answer are refused, and both named', async () => {
  const { error } = await send(
    'chat/completions',
    JSON.stringify({ ...CHAT, guided_regex: 'a', guided_choice: ['a'] }),
  );
  expect(error.message).toBe("'guided_regex': expected to be left out beside 'guided_choice'");
});

it.each([
  ['throw', 'no fools'],
  ['loop', 'it takes longer than 2000 ms'],
  ['grow', expect.any(String)],
])('a template that does not come to an end is refused: %s', async (said, problem) => {
  const { status, error } = await send('chat/completions', JSON.stringify({ ...CHAT, ...user(said) }));
  const prefix = 'the chat template of the model does not take these messages: ';
  expect(status).toBe(400);
  expect(error.message.slice(0, prefix.length)).toBe(prefix);
  expect(error.message.slice(prefix.length)).toEqual(problem);
  expect((await send('chat/completions', JSON.stringify(CHAT))).status).toBe(200);
});

it('more choices than may wait are refused together, and leave nothing behind', async () => {
  const many = await send('completions', JSON.stringify({ ...TEXT, n: 128, max_tokens: 2_000_000_000 }));
  expect({ status: many.status, type: many.error.type }).toEqual({ status: 429, type: 'rate_limit_error' });
  expect((await send('completions', JSON.stringify(TEXT))).status).toBe(200);
});

it('a file that is cut off is a model that failed, with the reason', async () => {
  const response = await server.send('POST /v2/repository/index', '{}');
  const index = JSON.parse(response.body.toString()) as readonly Json[];
  const { state, reason } = index.find(({ name }) => name === 'cut');
  expect(state).toBe('UNAVAILABLE');
  expect(reason).toContain("'model.gguf' is not a model that llama.cpp");
  const { status, error } = await send('completions', JSON.stringify({ ...TEXT, model: 'cut' }));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(error.type).toEqual(expect.any(String));
});
