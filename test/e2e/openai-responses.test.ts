import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));

const THINKING = `{# enable_thinking #}{% for message in messages %}{{ message.role }} {{ message.reasoning_content }} {{ message.content }} {% endfor %}And he thought, <think>`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    // Texts of several requests are compared.
    'kjv/model.yaml': 'llama: { contextTokens: 1024, slots: 2, threads: 1, deterministic: true }\n',
    'thinking/1/model.gguf': TINY,
    'thinking/model.yaml': `llama: { contextTokens: 1024, slots: 2, threads: 1, deterministic: true, chatTemplate: ${JSON.stringify(THINKING)} }\n`,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

const SEND = {
  type: 'function',
  name: 'send',
  description: 'Sends.',
  parameters: { type: 'object', properties: { to: { enum: ['Moses', 'Aaron'] } }, required: ['to'] },
};
const REST = { type: 'function', name: 'rest' };
const REQUEST = { model: 'kjv', input: 'Who is there?', instructions: 'Say', max_output_tokens: 8, temperature: 0 };

const TOOLS = { model: 'kjv', input: 'Who shall go?', max_output_tokens: 100, temperature: 0, tools: [SEND, REST] };

function post(body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/responses`, { method: 'POST', body: JSON.stringify(body) });
}

async function ask(body: object): Promise<{ status: number; json: Json }> {
  const response = await post(body);
  return { status: response.status, json: await response.json() };
}

async function eventsOf(response: Response): Promise<readonly Json[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => {
    const [, type, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
    const parsed = JSON.parse(data);
    expect(parsed.type).toBe(type);
    return parsed;
  });
}

it('a response has the text that a chat completion has, and says what was asked', async () => {
  const { status, json } = await ask(REQUEST);
  const chat = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'kjv',
      temperature: 0,
      max_tokens: 8,
      messages: [
        { role: 'system', content: 'Say' },
        { role: 'user', content: 'Who is there?' },
      ],
    }),
  });
  const [choice] = ((await chat.json()) as Json).choices;
  expect(status).toBe(200);
  expect(json).toMatchObject({
    id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
    object: 'response',
    status: choice.finish_reason === 'length' ? 'incomplete' : 'completed',
    error: null,
    model: 'kjv',
    store: true,
    instructions: 'Say',
    max_output_tokens: 8,
    temperature: 0,
    output: [
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: choice.message.content, annotations: [] }],
      },
    ],
    usage: { output_tokens: json.usage.total_tokens - json.usage.input_tokens },
  });
});

it('a stream of events makes the same response', async () => {
  const whole = await ask(REQUEST);
  const events = await eventsOf(await post({ ...REQUEST, stream: true }));
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
  const types = events.map(({ type }) => type);
  expect(types.slice(0, 4)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
  ]);
  expect(types.slice(-4)).toEqual([
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    `response.${whole.json.status}`,
  ]);
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
  expect(deltas.length).toBeGreaterThan(2);
  const last = events.at(-1).response;
  expect(deltas.join('')).toBe(last.output[0].content[0].text);
  expect(last.output[0].content).toEqual(whole.json.output[0].content);
});

it('the tools that may be called can be some of those that are offered', async () => {
  const tool_choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'rest' }] };
  const { json } = await ask({ ...TOOLS, tool_choice });
  expect(json).toMatchObject({ tool_choice, output: [{ type: 'function_call', name: 'rest' }] });
});

it('the oldest turns of what does not fit are left out, where the request says so', async () => {
  const turn = (count: number) => [
    { role: 'user', content: 'and '.repeat(count) },
    { role: 'assistant', content: 'so' },
  ];
  const input = [...turn(600), ...turn(600), { role: 'user', content: 'Who?' }];
  const counted = async (items: readonly object[], truncation: string) =>
    (await ask({ ...REQUEST, input: items, truncation })).json;
  expect(await counted(input, 'disabled')).toMatchObject({
    error: { code: 'context_length_exceeded', param: 'input' },
  });
  const cut = await counted(input, 'auto');
  expect(cut).toMatchObject({ truncation: 'auto', output: [{ type: 'message' }] });
  const rest = await counted(input.slice(2), 'disabled');
  expect(cut.usage.input_tokens).toBe(rest.usage.input_tokens);
  // The last turn stays, and is too long by itself then.
  expect(await counted(turn(1_200).slice(0, 1), 'auto')).toMatchObject({ error: { code: 'context_length_exceeded' } });
});

it('an answer may have to be JSON', async () => {
  const schema = {
    type: 'object',
    properties: { ok: { type: 'boolean' } },
    required: ['ok'],
    additionalProperties: false,
  };
  const text = { format: { type: 'json_schema', name: 'x', schema, strict: true } };
  const { json } = await ask({ ...REQUEST, max_output_tokens: 60, text });
  expect(json.text).toEqual(text);
  if (json.status === 'completed') expect(typeof JSON.parse(json.output[0].content[0].text).ok).toBe('boolean');
});

it('tools are called, and go on from their results', async () => {
  const request = { ...TOOLS, tool_choice: { type: 'function', name: 'send' } };
  const { json } = await ask(request);
  expect(json).toMatchObject({
    status: 'completed',
    tools: [SEND, REST],
    tool_choice: { type: 'function', name: 'send' },
  });
  const [call] = json.output;
  expect(json.output).toEqual([
    {
      id: expect.stringMatching(/^fc_/),
      type: 'function_call',
      status: 'completed',
      call_id: expect.stringMatching(/^call_/),
      name: 'send',
      arguments: expect.any(String),
    },
  ]);
  expect(['Moses', 'Aaron']).toContain(JSON.parse(call.arguments).to);

  const events = await eventsOf(await post({ ...request, stream: true }));
  expect([...new Set(events.map(({ type }) => type))]).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ]);
  const told = events.filter(({ type }) => type === 'response.function_call_arguments.delta').map(({ delta }) => delta);
  expect(told.join('')).toBe(call.arguments);
  expect(events.at(-1).response.output).toMatchObject([
    { type: 'function_call', name: 'send', arguments: call.arguments },
  ]);

  const result = { type: 'function_call_output', call_id: call.call_id, output: 'sent' };
  const again = { ...REQUEST, model: 'thinking', tools: [SEND] };
  const whole = await ask({ ...again, input: [{ role: 'user', content: 'Who shall go?' }, call, result] });
  const continued = await ask({ ...again, previous_response_id: json.id, input: [result] });
  expect(whole.status).toBe(200);
  expect(continued.json.usage.input_tokens).toBe(whole.json.usage.input_tokens);
});

it.each(['none', 'auto', 'required', { type: 'function', name: 'rest' }])(
  'tokens are counted as a response counts them where tool_choice is %j',
  async (choice) => {
    const { max_output_tokens: most, temperature, ...input } = { ...TOOLS, tool_choice: choice };
    const { json } = await ask({ ...input, max_output_tokens: most, temperature });
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/responses/input_tokens`, {
      method: 'POST',
      body: JSON.stringify(input),
    });
    expect(await response.json()).toEqual({
      object: 'response.input_tokens',
      input_tokens: json.usage.input_tokens,
    });
  },
);

it('thoughts are an item of their own, and are given back', async () => {
  const request = { ...REQUEST, model: 'thinking', reasoning: { effort: 'low' } };
  const { json } = await ask(request);
  expect(json).toMatchObject({
    reasoning: { effort: 'low', summary: null },
    usage: { output_tokens_details: { reasoning_tokens: 8 } },
  });
  const [thought, ...others] = json.output;
  expect(thought).toMatchObject({ type: 'reasoning', status: 'incomplete', content: [{ type: 'reasoning_text' }] });
  expect(others).toEqual([]);
  const events = await eventsOf(await post({ ...request, stream: true }));
  const told = events.filter(({ type }) => type === 'response.reasoning_text.delta').map(({ delta }) => delta);
  expect(told.join('')).toBe(thought.content[0].text);
  const input = [
    { role: 'user', content: 'x' },
    thought,
    { role: 'assistant', content: 'I.' },
    { role: 'user', content: 'y' },
  ];
  const given = await ask({ ...request, input });
  const without = await ask({ ...request, input: input.filter((item) => item !== thought) });
  expect(given.json.usage.input_tokens).toBeGreaterThan(without.json.usage.input_tokens);
});

it.each([
  ['input', { input: undefined }, "'input': expected a text or a list of at least one item, got nothing"],
  ['store', { store: 1 }, "'store': expected true or false, got 1"],
  ['previous_response_id', { previous_response_id: 1 }, "'previous_response_id': expected a string, got 1"],
  [
    'tools[0].type',
    { tools: [{ type: 'web_search' }] },
    "'tools[0].type': tools of type 'web_search' are not supported here",
  ],
  ['tools[1].name', { tools: [REST, REST] }, "'tools[1].name': 'rest' is the name of tools[0] already"],
  [
    'tool_choice.name',
    { tools: [REST], tool_choice: { type: 'function', name: 'go' } },
    `'tool_choice.name': expected the name of one of 'tools', got "go"`,
  ],
  [
    'input[0].type',
    { input: [{ type: 'web_search_call' }] },
    "'input[0].type': items of type 'web_search_call' are not supported here",
  ],
  [
    'input[0].call_id',
    { input: [{ type: 'function_call_output', output: 'x' }] },
    "'input[0].call_id': expected the id of a call, got nothing",
  ],
  [
    'input[0].content[0].type',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
    "'input[0].content[0].type': parts of type 'input_image' are not supported by this model; expected 'input_text'",
  ],
])('a request is refused for %s', async (param, change, message) => {
  const { status, json } = await ask({ ...REQUEST, ...change });
  expect({ status, param: json.error.param, message: json.error.message }).toEqual({ status: 400, param, message });
});
