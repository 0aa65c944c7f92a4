import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said,';
const ECHO = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
`;
const MESSAGES = [
  { role: 'developer', content: 'In the beginning' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'who is ' },
      { type: 'text', text: 'there?' },
    ],
  },
];
/** As many tokens whatever they are: another processor may take others. */
const GREEDY = { model: 'kjv', temperature: 0, max_tokens: 8, ignore_eos: true };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    // Texts of several requests are compared.
    'kjv/model.yaml': `llama: { contextTokens: 256, slots: 4, threads: 1, deterministic: true, chatTemplate: "${TEMPLATE}" }\n`,
    'plain/1/model.gguf': TINY,
    'plain/model.yaml': 'llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{% for" }\n',
    'numbers/model.yaml': ECHO,
    'numbers/1/.keep': '',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

async function post(route: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

const ask = async (route: string, body: object): Promise<{ status: number; json: Json }> => {
  const response = await post(route, body);
  return { status: response.status, json: await response.json() };
};

/** The data of a stream's events, comments left out. */
async function eventsOf(response: Response): Promise<readonly Json[]> {
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const lines = (await response.text()).split('\n\n').filter((line) => line.startsWith('data: '));
  return lines.map((line) => (line === 'data: [DONE]' ? 'done' : JSON.parse(line.slice('data: '.length))));
}

describe('chat completions', () => {
  it('answer a conversation', async () => {
    const { status, json } = await ask('chat/completions', { ...GREEDY, messages: MESSAGES });
    expect(status).toBe(200);
    const { text } = (
      await ask('completions', {
        ...GREEDY,
        prompt: 'system said, In the beginning user said, who is there? And he said,',
      })
    ).json.choices[0];
    expect(json).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'kjv',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: null,
          finish_reason: 'length',
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: 8,
        total_tokens: json.usage.prompt_tokens + 8,
        prompt_tokens_details: { cached_tokens: expect.any(Number) },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
    expect(text).not.toBe('');
  });

  it('come in pieces that make the same', async () => {
    const whole = await ask('chat/completions', { ...GREEDY, messages: MESSAGES });
    const response = await post('chat/completions', {
      ...GREEDY,
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = await eventsOf(response);
    const chunks = events.slice(0, -1);
    expect(events.at(-1)).toBe('done');
    expect(new Set(chunks.map(({ id, object, created }) => JSON.stringify([id, object, created]))).size).toBe(1);
    expect(chunks[0].choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
    ]);
    const pieces = chunks.slice(1, -2).map(({ choices }) => choices[0].delta.content);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(whole.json.choices[0].message.content);
    expect(chunks.at(-2).choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 8 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('are several where several are asked for, and count their prompt once', async () => {
    const one = await ask('chat/completions', { ...GREEDY, messages: MESSAGES });
    const request = { ...GREEDY, temperature: 1, ignore_eos: true, messages: MESSAGES, n: 3 };
    const { json } = await ask('chat/completions', request);
    expect(json.choices.map(({ index }: Json) => index)).toEqual([0, 1, 2]);
    expect(new Set(json.choices.map(({ message }: Json) => message.content)).size).toBe(3);
    expect(json.usage).toMatchObject({ prompt_tokens: one.json.usage.prompt_tokens, completion_tokens: 24 });
    const events = await eventsOf(await post('chat/completions', { ...request, stream: true }));
    const finished = events.flatMap(({ choices = [] }) =>
      choices.filter(({ finish_reason: why }: Json) => why !== null),
    );
    expect(finished.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
  });

  it('tell probabilities', async () => {
    const { json } = await ask('chat/completions', { ...GREEDY, messages: MESSAGES, logprobs: true, top_logprobs: 2 });
    const [{ logprobs, message }] = json.choices;
    expect(logprobs.content).toHaveLength(8);
    expect(logprobs.content.map(({ token }: Json) => token).join('')).toBe(message.content);
    for (const { token, logprob, top_logprobs: top } of logprobs.content) {
      expect(top).toHaveLength(2);
      expect(top[0]).toMatchObject({ token, logprob });
    }
  });

  it.each([
    ['no messages', { messages: [] }, 'messages', "'messages': expected a list of at least one message, got []"],
    [
      'a wrong role',
      { messages: [{ role: 'king', content: '' }] },
      'messages[0].role',
      expect.stringContaining('expected one of'),
    ],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://localhost' } }] }] },
      'messages[0].content[0].type',
      "'messages[0].content[0].type': parts of type 'image_url' are not supported by this model; expected 'text'",
    ],
    [
      'a temperature out of range',
      { temperature: 3 },
      'temperature',
      "'temperature': expected a number from 0 to 2, got 3",
    ],
    ['a mistyped parameter', { temprature: 1 }, 'temprature', expect.stringContaining("did you mean 'temperature'?")],
    [
      'options of a stream that is none',
      { stream_options: { include_usage: true } },
      'stream_options',
      expect.stringContaining("'stream' is not true"),
    ],
    [
      'more alternatives than there are',
      { logprobs: true, top_logprobs: 21 },
      'top_logprobs',
      "'top_logprobs': expected an integer from 0 to 20, got 21",
    ],
  ])('refuse %s', async (_, change, param, message) => {
    const { status, json } = await ask('chat/completions', { ...GREEDY, messages: MESSAGES, ...change });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { message, type: 'invalid_request_error', param, code: expect.toBeOneOf([null, 'unsupported']) },
    });
  });

  it('refuse what does not fit, as a stream, too', async () => {
    const messages = [{ role: 'user', content: 'and '.repeat(300) }];
    for (const stream of [false, true]) {
      const { status, json } = await ask('chat/completions', { ...GREEDY, messages, stream });
      expect(status).toBe(400);
      expect(json.error).toMatchObject({ code: 'context_length_exceeded', type: 'invalid_request_error' });
    }
    const large = await ask('chat/completions', {
      ...GREEDY,
      messages: [{ role: 'user', content: 'and '.repeat(1_000_000) }],
    });
    expect(large).toMatchObject({ status: 400, json: { error: { code: 'context_length_exceeded' } } });
  });

  it.each([
    ['nobody', 404, 'model_not_found'],
    ['numbers', 400, 'unsupported'],
    ['plain', 400, 'unsupported'],
  ])('refuse a model that cannot: %s', async (model, status, code) => {
    expect(await ask('chat/completions', { ...GREEDY, model, messages: MESSAGES })).toMatchObject({
      status,
      json: { error: { code } },
    });
  });

  it('tell what an unknown model may have been meant to be', async () => {
    const message = "model 'kvj' is not found; did you mean 'kjv'?";
    const error = { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' };
    expect((await ask('chat/completions', { ...GREEDY, model: 'kvj', messages: MESSAGES })).json).toEqual({ error });
    expect(await (await fetch(`http://127.0.0.1:${server.port}/v1/models/kvj`)).json()).toEqual({ error });
  });

  it('free the slot of a client that leaves', async () => {
    const controller = new AbortController();
    const endless = { model: 'plain', prompt: 'And', max_tokens: 120, ignore_eos: true, temperature: 0, stream: true };
    const response = await post('completions', endless, controller.signal);
    await response.body?.getReader().read();
    controller.abort();
    const { status } = await ask('completions', { ...GREEDY, model: 'plain', prompt: 'And' });
    expect(status).toBe(200);
  });
});

describe('completions', () => {
  it('go on with texts, each with its choices', async () => {
    const prompts = ['In the beginning', 'And the LORD'];
    const { json } = await ask('completions', { ...GREEDY, prompt: prompts, echo: true, n: 2 });
    expect(json).toMatchObject({ object: 'text_completion', model: 'kjv', id: expect.stringMatching(/^cmpl-/) });
    expect(json.choices).toHaveLength(4);
    for (const [index, { text }] of json.choices.entries()) {
      expect(text.startsWith(prompts[Math.floor(index / 2)])).toBe(true);
    }
    expect(json.choices[0].text).toBe(json.choices[1].text);
    expect(json.usage.completion_tokens).toBe(32);
  });

  it('take 16 tokens where nothing is said', async () => {
    const { json } = await ask('completions', { model: 'kjv', prompt: 'And', ignore_eos: true });
    expect(json.usage.completion_tokens).toBe(16);
  });

  it('tell probabilities by the place of each token', async () => {
    const { json } = await ask('completions', { ...GREEDY, prompt: 'And the', logprobs: 2 });
    const [{ text, logprobs }] = json.choices;
    expect(logprobs.tokens.join('')).toBe(text);
    expect(logprobs.text_offset[0]).toBe(0);
    expect(logprobs.text_offset.at(-1)).toBe(text.length - logprobs.tokens.at(-1).length);
    expect(Object.keys(logprobs.top_logprobs[0])).toHaveLength(2);
  });

  it('tell probabilities of an echoed prompt, whole and as a stream', async () => {
    const request = { ...GREEDY, prompt: 'And the earth was without form', echo: true, logprobs: 1 };
    const { json } = await ask('completions', request);
    const [{ text, logprobs }] = json.choices;
    expect(logprobs.tokens.join('')).toBe(text);
    expect(logprobs.token_logprobs).toHaveLength(json.usage.total_tokens);
    expect([logprobs.token_logprobs[0], logprobs.top_logprobs[0], logprobs.text_offset[0]]).toEqual([null, null, 0]);
    expect(logprobs.token_logprobs.slice(1).every((each: Json) => each <= 0)).toBe(true);
    expect(
      logprobs.text_offset.map((at: number, index: number) => text.startsWith(logprobs.tokens[index], at)),
    ).toEqual(logprobs.tokens.map(() => true));
    const events = await eventsOf(await post('completions', { ...request, stream: true }));
    const pieces = events.slice(0, -1).map(({ choices }) => choices[0]);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    expect(pieces.flatMap((piece) => piece.logprobs.text_offset)).toEqual(logprobs.text_offset);
    expect(pieces.flatMap((piece) => piece.logprobs.tokens)).toEqual(logprobs.tokens);
  });

  it('tell probabilities of a prompt that is not gone on with', async () => {
    const { json } = await ask('completions', { ...GREEDY, prompt: 'And the', max_tokens: 0, echo: true, logprobs: 0 });
    expect(json.choices[0]).toMatchObject({ text: 'And the', finish_reason: 'length' });
    expect(json.choices[0].logprobs.tokens.join('')).toBe('And the');
    expect(json.usage.completion_tokens).toBe(0);
  });

  it.each([
    ['suffix', { suffix: '!' }, "'suffix': model 'kjv' has not learnt to fill in what is missing"],
    ['suffix', { suffix: '!', echo: true }, `'suffix': expected to be left out where 'echo' is true, got "!"`],
    [
      'suffix',
      { suffix: '!', prompt: [1, 2] },
      `'suffix': expected to be left out where the prompt is tokens, got "!"`,
    ],
    ['best_of', { best_of: 1, n: 2 }, "'best_of': expected an integer from 2 to 128, got 1"],
    ['best_of', { best_of: 2, stream: true }, "'best_of': expected to be what 'n' is (1) in a stream, got 2"],
  ])('refuse %s in %j', async (param, change, message) => {
    const { status, json } = await ask('completions', { ...GREEDY, prompt: 'And', ...change });
    expect({ status, param: json.error.param, message: json.error.message }).toEqual({ status: 400, param, message });
  });
});

describe('tokens', () => {
  it('are told of a text, make it again, and are taken for it', async () => {
    const { json } = await ask('../tokenize', { model: 'kjv', content: 'In the beginning' });
    expect(json.tokens.length).toBeGreaterThan(2);
    const back = await ask('../detokenize', { model: 'kjv', tokens: json.tokens });
    expect(back.json.content.trim()).toBe('In the beginning');
    const special = await ask('../tokenize', { model: 'kjv', content: 'In the beginning', add_special: true });
    const byText = await ask('completions', { ...GREEDY, prompt: 'In the beginning' });
    const byTokens = await ask('completions', { ...GREEDY, prompt: [special.json.tokens, special.json.tokens] });
    expect(byTokens.json.choices.map(({ text }: Json) => text)).toEqual(Array(2).fill(byText.json.choices[0].text));
    expect(byTokens.json.usage.prompt_tokens).toBe(2 * special.json.tokens.length);
    expect(await ask('../detokenize', { model: 'kjv', tokens: [] })).toEqual({ status: 200, json: { content: '' } });
  });

  it.each([
    ['tokenize', { content: 'a'.repeat(262_145) }, 'the prompt has 262145 bytes; at most 262144 are tokenised'],
    [
      'tokenize',
      { content: '\u0001'.repeat(70_000) },
      'the prompt has at least 69973 tokens; at most 65536 are converted',
    ],
    ['detokenize', { tokens: Array(65_537).fill(5) }, 'the prompt has 65537 tokens; at most 65536 are converted'],
    [
      'v1/responses/input_tokens',
      { input: 'a'.repeat(262_145) },
      'the prompt has 262188 bytes; at most 262144 are tokenised',
    ],
  ])('are not read of what is too long: %s', async (route, body, message) => {
    const { status, json } = await ask(`../${route}`, { model: 'kjv', ...body });
    expect({ status, message: json.error.message }).toEqual({ status: 400, message });
  });
});

describe('models', () => {
  it('are listed where they generate text', async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/models`);
    const { object, data } = (await response.json()) as Json;
    expect(object).toBe('list');
    expect(data.map(({ id }: Json) => id).sort()).toEqual(['kjv', 'plain']);
    const one = await fetch(`http://127.0.0.1:${server.port}/v1/models/kjv`);
    expect(await one.json()).toEqual({ id: 'kjv', object: 'model', created: data[0].created, owned_by: 'millrace' });
    const other = await fetch(`http://127.0.0.1:${server.port}/v1/models/numbers`);
    expect(await other.json()).not.toHaveProperty('id');
  });
});

it.each([
  'POST /v1/moderations',
  'POST /v1/audio/speech',
  'POST /v1/images/generations',
  'POST /v1/fine_tuning/jobs',
  'GET /v1/vector_stores',
  'GET /v1/assistants',
  'POST /v1/threads',
  'POST /v1/conversations',
  'POST /v1/responses/compact',
])('what is not done is refused in OpenAI’s shape: %s', async (route) => {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  const { error } = (await response.json()) as Json;
  const code = path === '/v1/responses/compact' ? 'unsupported' : 'not_found';
  expect(response.status).toBe(code === 'not_found' ? 404 : 405);
  expect(error).toEqual({ message: expect.stringContaining(path), type: 'invalid_request_error', param: null, code });
});

describe('the Open Inference Protocol', () => {
  it('gives texts for texts', async () => {
    const { status, body } = await server.infer('kjv', {
      inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], data: ['In the beginning'] }],
      parameters: { max_tokens: 8, temperature: 0, ignore_eos: true },
    });
    const { json } = await ask('completions', { ...GREEDY, prompt: 'In the beginning' });
    expect(status).toBe(200);
    expect(body.outputs).toEqual([
      { name: 'text_output', datatype: 'BYTES', shape: [1], data: [json.choices[0].text] },
    ]);
    const generated = await server.send(
      'POST /v2/models/kjv/generate',
      JSON.stringify({ text_input: 'In the beginning', max_tokens: 8, temperature: 0, ignore_eos: true }),
    );
    expect(JSON.parse(generated.body.toString()).text_output).toBe(json.choices[0].text);
  });

  it('keeps no slot when all is over', async () => {
    const { metrics } = server.addresses;
    const busy = async () => {
      const text = await (await fetch(`${metrics?.url}/metrics`)).text();
      return [...text.matchAll(/^millrace_runtime_slots_busy\{.*\} (\d+)$/gm)].map(([, value]) => Number(value));
    };
    await until('all slots are free', async () => (await busy()).every((value) => value === 0));
    expect((await busy()).length).toBeGreaterThanOrEqual(2);
  });
});
