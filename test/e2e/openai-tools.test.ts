import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
/** As Qwen's and Hermes' models are shown tools and calls. */
const HERMES = `{% for tool in tools or [] %}{{ tool | tojson }} {% endfor %}{% for message in messages %}{{ message.role }}{% if message.name %} {{ message.name }}{% endif %} said, {{ message.content }}{% for call in message.tool_calls or [] %} <tool_call>{{ call.function | tojson }}</tool_call>{% endfor %} {% endfor %}And he said,`;
const THINKING = `{% if enable_thinking %}Thinking. {% endif %}{% for message in messages %}{{ message.reasoning_content }}{{ message.content }} {% endfor %}And he thought, <think>`;
/** As Qwen3-Coder is shown them. */
const CODER = `{% for tool in tools or [] %}{{ tool | tojson }} {% endfor %}{% for message in messages %}{{ message.role }} said, {{ message.content }}{% for call in message.tool_calls or [] %} <tool_call><function={{ call.function.name }}>{% for key, value in call.function.arguments.items() %}<parameter={{ key }}>{{ value }}</parameter>{% endfor %}</function></tool_call>{% endfor %} {% endfor %}And he said,`;
/** Texts of several requests are compared. */
const settings = (template: string) =>
  `llama: { contextTokens: 1024, slots: 4, threads: 1, deterministic: true, chatTemplate: ${JSON.stringify(template)} }\n`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': settings(HERMES),
    'coder/1/model.gguf': TINY,
    'coder/model.yaml': settings(CODER),
    'harmony/1/model.gguf': TINY,
    'harmony/model.yaml': settings(HERMES).replace('llama: {', 'llama: { toolFormat: gpt-oss,'),
    'thinking/1/model.gguf': TINY,
    'thinking/model.yaml': settings(THINKING),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

const post = (route: string, body: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}/v1/${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const ask = async (route: string, body: object): Promise<{ status: number; json: Json }> => {
  const response = await post(route, body);
  return { status: response.status, json: await response.json() };
};
/** Data of a stream's events but the last, `[DONE]`. */
async function chunksOf(response: Response): Promise<readonly Json[]> {
  const events = (await response.text()).split('\n\n').filter((line) => line.startsWith('data: '));
  expect(events.at(-1)).toBe('data: [DONE]');
  return events.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)));
}

const PARAMETERS = {
  type: 'object',
  properties: { to: { enum: ['Moses', 'Aaron'] }, times: { type: 'integer' } },
  required: ['to', 'times'],
  additionalProperties: false,
};
const SEND = {
  type: 'function',
  function: { name: 'send', description: 'Sends.', parameters: PARAMETERS, strict: true },
};
const REST = { type: 'function', function: { name: 'rest' } };
const USER = { role: 'user', content: 'Who shall go?' };
const CHAT = { model: 'kjv', temperature: 0, max_tokens: 150, messages: [USER], tools: [SEND, REST] };
/** Only these may be called. */
const allowed = (mode: string, ...names: readonly string[]) => ({
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
  },
});
const NAMED = { tool_choice: { type: 'function', function: { name: 'send' } } };

describe('tools of chat completions', () => {
  it('are called, and their results are answered', async () => {
    const { status, json } = await ask('chat/completions', { ...CHAT, ...NAMED });
    expect(status).toBe(200);
    const [choice] = json.choices;
    expect(choice).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: expect.stringMatching(/^call_\w{24}$/),
            type: 'function',
            function: { name: 'send', arguments: expect.any(String) },
          },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    });
    const [call] = choice.message.tool_calls;
    expect(JSON.parse(call.function.arguments)).toEqual({
      to: expect.stringMatching(/^(Moses|Aaron)$/),
      times: expect.any(Number),
    });
    const messages = [USER, choice.message, { role: 'tool', tool_call_id: call.id, content: 'sent' }];
    const answered = await ask('chat/completions', {
      ...CHAT,
      messages,
      max_tokens: 4,
      ignore_eos: true,
      tool_choice: 'none',
    });
    expect(answered.json.choices[0]).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'length' });
    expect(answered.json.choices[0].message.tool_calls).toBeUndefined();
  });

  it.each(['coder', 'harmony'])('are called in the form that the model was trained on: %s', async (model) => {
    // The token 'c' begins a message to a tool instead of a thought.
    const request = { ...CHAT, ...NAMED, model, max_tokens: 400, logit_bias: { 980: 100 } };
    const { status, json } = await ask('chat/completions', request);
    expect(status).toBe(200);
    const [{ message, finish_reason: reason }] = json.choices;
    expect({ content: message.content, reason }).toEqual({ content: null, reason: 'tool_calls' });
    const [call] = message.tool_calls;
    expect(JSON.parse(call.function.arguments)).toEqual({
      to: expect.stringMatching(/^(Moses|Aaron)$/),
      times: expect.any(Number),
    });
    const chunks = await chunksOf(await post('chat/completions', { ...request, stream: true }));
    const [first, ...rest] = chunks.flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    expect(first).toMatchObject({ index: 0, function: { name: 'send' } });
    const pieces = [first, ...rest].map((delta) => delta.function.arguments);
    expect(pieces.join('')).toBe(call.function.arguments);
    const messages = [USER, message, { role: 'tool', tool_call_id: call.id, content: 'sent' }];
    const answered = await ask('chat/completions', { ...CHAT, model, messages, max_tokens: 4, ignore_eos: true });
    expect(answered.status).toBe(200);
  });

  it('come in pieces that make the same', async () => {
    const whole = await ask('chat/completions', { ...CHAT, ...NAMED });
    const chunks = await chunksOf(await post('chat/completions', { ...CHAT, ...NAMED, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    const [first, ...rest] = deltas;
    expect(first).toMatchObject({ index: 0, id: expect.any(String), type: 'function', function: { name: 'send' } });
    expect(rest.length).toBeGreaterThan(3);
    for (const delta of rest) expect(delta).toEqual({ index: 0, function: { arguments: expect.any(String) } });
    const args = deltas.map((delta) => delta.function.arguments).join('');
    expect(args).toBe(whole.json.choices[0].message.tool_calls[0].function.arguments);
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')).toBe('');
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'tool_calls' });
  });

  it('may be some of those that the model is told of', async () => {
    const all = await ask('chat/completions', { ...CHAT, tool_choice: 'required', seed: 1 });
    const some = await ask('chat/completions', { ...CHAT, ...allowed('required', 'rest'), n: 4, temperature: 1 });
    const names = some.json.choices.map(({ message }: Json) => message.tool_calls[0].function.name);
    expect(names).toEqual(['rest', 'rest', 'rest', 'rest']);
    // The prompt is the same, so that what is known of it can be used again.
    expect(some.json.usage.prompt_tokens).toBe(all.json.usage.prompt_tokens);
    const free = await ask('chat/completions', { ...CHAT, ...allowed('auto', 'rest') });
    expect(free).toMatchObject({ status: 200, json: { choices: [{ message: { content: expect.any(String) } }] } });
  });

  it('of several choices are each a call of its own', async () => {
    const { json } = await ask('chat/completions', {
      ...CHAT,
      tool_choice: 'required',
      parallel_tool_calls: false,
      n: 3,
      temperature: 1,
      seed: 3,
    });
    const calls = json.choices.map(({ message }: Json) => message.tool_calls);
    expect(calls.every((each: Json) => each.length === 1 && ['send', 'rest'].includes(each[0].function.name))).toBe(
      true,
    );
    expect(new Set(calls.map(([{ id }]: Json) => id)).size).toBe(3);
  });

  const asked = { role: 'assistant', content: null };
  const call = (called: object) => ({
    messages: [USER, { ...asked, tool_calls: [{ id: 'a', type: 'function', function: called }] }],
  });
  it.each([
    [{ tools: {} }, 'tools', "'tools': expected a list of up to 128 tools, got {}"],
    [
      { tools: [{ type: 'web_search' }] },
      'tools[0].type',
      "'tools[0].type': tools of type 'web_search' are not supported here",
    ],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function', "'tools[0].function': expected an object, got nothing"],
    [
      { tools: [{ type: 'function', function: { name: 'no spaces' } }] },
      'tools[0].function.name',
      `'tools[0].function.name': expected 1 to 64 letters, digits, _ and -, got "no spaces"`,
    ],
    [
      { tools: [REST, SEND, REST] },
      'tools[2].function.name',
      "'tools[2].function.name': 'rest' is the name of tools[0] already",
    ],
    [
      { tools: [{ type: 'function', function: { name: 'a', parameters: [] } }] },
      'tools[0].function.parameters',
      "'tools[0].function.parameters': expected a JSON schema, got []",
    ],
    [
      { tool_choice: 'always' },
      'tool_choice',
      `'tool_choice': expected 'none', 'auto', 'required' or a function, got "always"`,
    ],
    [
      { tool_choice: { type: 'function', function: { name: 'go' } } },
      'tool_choice.function.name',
      `'tool_choice.function.name': expected the name of one of 'tools', got "go"`,
    ],
    [
      { tools: [], tool_choice: 'required' },
      'tool_choice',
      `'tool_choice': expected 'none' or 'auto' where there are no 'tools', got "required"`,
    ],
    [
      { tool_choice: { type: 'custom', custom: { name: 'send' } } },
      'tool_choice.type',
      "'tool_choice.type': 'custom' is not supported here",
    ],
    [
      { tool_choice: { type: 'allowed_tools' } },
      'tool_choice.allowed_tools',
      "'tool_choice.allowed_tools': expected an object, got nothing",
    ],
    [
      allowed('always', 'rest'),
      'tool_choice.allowed_tools.mode',
      `'tool_choice.allowed_tools.mode': expected one of 'auto', 'required', got "always"`,
    ],
    [
      allowed('auto'),
      'tool_choice.allowed_tools.tools',
      "'tool_choice.allowed_tools.tools': expected a list of at least one function, got []",
    ],
    [
      allowed('auto', 'rest', 'go'),
      'tool_choice.allowed_tools.tools[1].function.name',
      `'tool_choice.allowed_tools.tools[1].function.name': expected the name of one of 'tools', got "go"`,
    ],
    [{ parallel_tool_calls: 1 }, 'parallel_tool_calls', "'parallel_tool_calls': expected true or false, got 1"],
    [
      { messages: [USER, { role: 'tool', content: 'sent' }] },
      'messages[1].tool_call_id',
      "'messages[1].tool_call_id': expected the id of a call, got nothing",
    ],
    [
      call({ name: 'rest', arguments: '[]' }),
      'messages[1].tool_calls[0].function.arguments',
      `'messages[1].tool_calls[0].function.arguments': expected the JSON of an object, got "[]"`,
    ],
    [
      call({ arguments: '{}' }),
      'messages[1].tool_calls[0].function.name',
      "'messages[1].tool_calls[0].function.name': expected 1 to 64 letters, digits, _ and -, got nothing",
    ],
    [
      { chat_template_kwargs: { tools: [REST] } },
      'chat_template_kwargs',
      `'chat_template_kwargs': expected an object without 'tools', got ${JSON.stringify({ tools: [REST] })}`,
    ],
    [{ functions: [REST.function] }, 'functions', "'functions' is not supported here"],
    [
      { reasoning_effort: 'much' },
      'reasoning_effort',
      `'reasoning_effort': expected one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', got "much"`,
    ],
  ])('refuse %j', async (change, param, message) => {
    const { status, json } = await ask('chat/completions', { ...CHAT, ...change });
    expect(json.error).toMatchObject({ message, param, type: 'invalid_request_error' });
    expect(status).toBe(400);
  });

  it('that a schema cannot be promised for are refused before they are called', async () => {
    const parameters = { type: 'object', properties: { to: { type: 'string', format: 'colour' } } };
    const strict = { type: 'function', function: { name: 'send', parameters, strict: true } };
    const { status, json } = await ask('chat/completions', { ...CHAT, tools: [strict] });
    expect(json.error.message).toBe(
      `the parameters of tool 'send', at '/properties/to/format': the format "colour" is not known: write a 'pattern' instead, or beside it`,
    );
    expect(status).toBe(400);
  });
});

describe('thoughts', () => {
  const THOUGHT = { model: 'thinking', temperature: 0, max_tokens: 12, ignore_eos: true, messages: [USER] };

  it('are told apart from the answer', async () => {
    const { json } = await ask('chat/completions', { ...THOUGHT, reasoning_effort: 'low' });
    const { content, reasoning_content: thought } = json.choices[0].message;
    expect(content).toBe('');
    expect(thought).toMatch(/\w/);
    expect(json.usage).toMatchObject({ completion_tokens: 12, completion_tokens_details: { reasoning_tokens: 12 } });
    const chunks = await chunksOf(
      await post('chat/completions', { ...THOUGHT, reasoning_effort: 'low', stream: true }),
    );
    expect(chunks.map(({ choices }) => choices[0].delta.reasoning_content ?? '').join('')).toBe(thought);
    expect(chunks.some(({ choices }) => choices[0].delta.content)).toBe(false);
  });

  it('are asked for as the template wants it, and given back to it', async () => {
    const tokensOf = async (change: object) =>
      (await ask('chat/completions', { ...THOUGHT, ...change })).json.usage.prompt_tokens;
    const plain = await tokensOf({ reasoning_effort: 'none' });
    expect(await tokensOf({ reasoning_effort: 'high' })).toBeGreaterThan(plain);
    const answer = { role: 'assistant', content: 'I.' };
    expect(await tokensOf({ messages: [USER, { ...answer, reasoning_content: 'He hath a wife.' }] })).toBeGreaterThan(
      await tokensOf({ messages: [USER, answer] }),
    );
  });
});
