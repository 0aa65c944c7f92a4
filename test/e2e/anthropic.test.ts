import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const HERMES = `{% for tool in tools or [] %}{{ tool | tojson }} {% endfor %}{% for message in messages %}{{ message.role }}{% if message.name %} {{ message.name }}{% endif %} said, {{ message.content }}{% for call in message.tool_calls or [] %} <tool_call>{{ call.function | tojson }}</tool_call>{% endfor %} {% endfor %}{% if add_generation_prompt %}And he said,{% endif %}`;
const THINKING = `{% if enable_thinking %}Thinking. {% endif %}{% for message in messages %}{{ message.reasoning_content }}{{ message.content }} {% endfor %}And he thought, <think>`;
/** Texts of several requests are compared. */
const settings = (template: string) =>
  `llama: { contextTokens: 1024, slots: 4, threads: 1, deterministic: true, chatTemplate: ${JSON.stringify(template)} }\n`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': settings(HERMES),
    'thinking/1/model.gguf': TINY,
    'thinking/model.yaml': settings(THINKING),
    'echo/1/': '',
    'echo/model.yaml':
      'runtime: echo\ninputs: [{ name: x, datatype: INT32, shape: [-1] }]\noutputs: [{ name: y, datatype: INT32, shape: [-1] }]\n',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

const send = (route: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`http://127.0.0.1:${server.port}/v1/${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const ask = async (body: object, route = 'messages'): Promise<{ status: number; json: Json }> => {
  const response = await send(route, body);
  return { status: response.status, json: await response.json() };
};
/** The events of a stream, each by its name. */
async function eventsOf(body: object): Promise<readonly { readonly event: string; readonly data: Json }[]> {
  const response = await send('messages', { ...body, stream: true });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const blocks = (await response.text()).split('\n\n');
  expect(blocks.pop()).toBe('');
  return blocks.map((block) => {
    const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
    expect(JSON.parse(data).type).toBe(event);
    return { event, data: JSON.parse(data) };
  });
}
/** The message that clients make of a stream's events. */
function messageOf(events: readonly { readonly event: string; readonly data: Json }[]): Json {
  let message: Json;
  const json = new Map<number, string>();
  for (const { event, data } of events) {
    const block = message?.content[data.index];
    if (event === 'message_start') message = structuredClone(data.message);
    if (event === 'content_block_start') message.content[data.index] = { ...data.content_block };
    if (event === 'message_delta') Object.assign(message, data.delta, { usage: { ...message.usage, ...data.usage } });
    if (event === 'content_block_stop' && json.has(data.index)) block.input = JSON.parse(json.get(data.index) ?? '');
    if (event !== 'content_block_delta') continue;
    const { type, text = '', thinking = '', signature, partial_json: piece } = data.delta;
    if (type === 'text_delta') block.text += text;
    if (type === 'thinking_delta') block.thinking += thinking;
    if (type === 'signature_delta') block.signature = signature;
    if (type === 'input_json_delta') json.set(data.index, (json.get(data.index) ?? '') + piece);
  }
  return message;
}
const withoutId = ({ id, ...message }: Json) => {
  expect(id).toMatch(/^msg_\w{32}$/);
  const content = message.content.map(({ id: call, ...block }: Json) => {
    if (block.type === 'tool_use') expect(call).toMatch(/^toolu_\w+$/);
    return block;
  });
  return { ...message, content };
};

const REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' };
const MESSAGES = [{ role: 'user', content: 'Who is there?' }];
const SHORT = { model: 'kjv', max_tokens: 8, temperature: 0, messages: MESSAGES };
const SEND = {
  name: 'send',
  description: 'Sends.',
  input_schema: {
    type: 'object',
    properties: { to: { enum: ['Moses', 'Aaron'] }, times: { type: 'integer' } },
    required: ['to', 'times'],
    additionalProperties: false,
  },
  strict: true,
};
const HEAR = {
  name: 'hear',
  input_schema: { type: 'object', properties: { of: { enum: ['Eve'] } }, required: ['of'] },
};
const CALLED = { ...SHORT, max_tokens: 100, tools: [SEND, HEAR] };

describe('a message', () => {
  it('has the text, the usage and the reason of a chat completion with the same conversation', async () => {
    const { status, json } = await ask({ ...SHORT, system: 'Be brief.' });
    const messages = [{ role: 'system', content: 'Be brief.' }, ...MESSAGES];
    const { json: chat } = await ask({ model: 'kjv', max_tokens: 8, temperature: 0, messages }, 'chat/completions');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'kjv',
      content: [{ type: 'text', text: chat.choices[0].message.content }],
      stop_reason: REASONS[chat.choices[0].finish_reason as 'stop'],
      stop_sequence: null,
      usage: {
        input_tokens: chat.usage.prompt_tokens,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: chat.usage.completion_tokens,
      },
    });
  });

  it('is the same as a stream, whose events come in the order that clients expect', async () => {
    const { json } = await ask(SHORT);
    const events = await eventsOf(SHORT);
    const names = events.map(({ event }) => event).filter((event) => event !== 'content_block_delta');
    expect(names).toEqual([
      ...['message_start', 'ping', 'content_block_start', 'content_block_stop', 'message_delta', 'message_stop'],
    ]);
    expect(events[0]?.data.message.usage).toMatchObject({ input_tokens: json.usage.input_tokens });
    expect(withoutId(messageOf(events))).toEqual(withoutId(json));
  });

  it('ends at a stop sequence and names it, whole and as a stream', async () => {
    const { json: whole } = await ask(SHORT);
    const [, , stop = ''] = whole.content[0].text.split(' ');
    const request = { ...SHORT, stop_sequences: ['nowhere', stop] };
    const { json } = await ask(request);
    expect(json).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
    expect(json.content[0].text).toBe(whole.content[0].text.slice(0, whole.content[0].text.indexOf(stop)));
    expect(withoutId(messageOf(await eventsOf(request)))).toEqual(withoutId(json));
  });

  it('goes on with a last message of the assistant', async () => {
    const begun = { role: 'assistant', content: [{ type: 'text', text: 'It is' }] };
    const { json } = await ask({ ...SHORT, messages: [...MESSAGES, begun] });
    const { json: chat } = await ask(
      {
        model: 'kjv',
        max_tokens: 8,
        temperature: 0,
        continue_final_message: true,
        messages: [...MESSAGES, { role: 'assistant', content: 'It is' }],
      },
      'chat/completions',
    );
    expect(json.content[0].text).toBe(chat.choices[0].message.content);
  });

  it('is JSON of a schema where the request asks for it', async () => {
    const schema = SEND.input_schema;
    const { json } = await ask({
      ...SHORT,
      max_tokens: 60,
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(json.stop_reason).toBe('end_turn');
    expect(Object.keys(JSON.parse(json.content[0].text))).toEqual(['to', 'times']);
  });

  it('names what has no effect on it, betas included', async () => {
    const cached = [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }];
    const body = { ...SHORT, messages: [{ role: 'user', content: cached }], metadata: { user_id: 'u' } };
    const { headers } = await send('messages', body, { 'anthropic-beta': 'a-2026-01-01' });
    expect(headers.get('x-millrace-ignored')).toBe('messages.content.cache_control, anthropic-beta');
    expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
  });
});

describe('tools of a message', () => {
  it.each([
    ['any', { type: 'any' }, ['send', 'hear']],
    ['one by its name', { type: 'tool', name: 'hear' }, ['hear']],
  ])('are called where %s has to be, whole and as a stream', async (_, choice, names) => {
    const request = { ...CALLED, tool_choice: choice };
    const { json } = await ask(request);
    expect(json.stop_reason).toBe('tool_use');
    const call = json.content.find(({ type }: Json) => type === 'tool_use');
    expect(names).toContain(call.name);
    expect(Object.keys(call.input)).toEqual(call.name === 'send' ? ['to', 'times'] : ['of']);
    expect(withoutId(messageOf(await eventsOf(request)))).toEqual(withoutId(json));
  });

  it.each([
    ['auto', { type: 'auto' }, { tool_choice: 'auto' }],
    ['any', { type: 'any' }, { tool_choice: 'required' }],
    [
      'any, several',
      { type: 'any', disable_parallel_tool_use: false },
      { tool_choice: 'required', parallel_tool_calls: true },
    ],
    [
      'one by its name',
      { type: 'tool', name: 'send', disable_parallel_tool_use: true },
      { tool_choice: { type: 'function', function: { name: 'send' } } },
    ],
  ])('are called as in a chat completion that says the same: %s', async (_, choice, said) => {
    const { json } = await ask({ ...CALLED, tool_choice: choice });
    const tools = [SEND, HEAR].map(({ input_schema: parameters, ...tool }) => ({
      type: 'function',
      function: { ...tool, parameters },
    }));
    const asked = { model: 'kjv', max_tokens: 100, temperature: 0, messages: MESSAGES, tools, ...said };
    const { json: chat } = await ask(asked, 'chat/completions');
    const { message, finish_reason: reason } = chat.choices[0];
    const calls = (message.tool_calls ?? []).map(({ function: called }: Json) => [
      called.name,
      JSON.parse(called.arguments),
    ]);
    expect([
      json.content.flatMap(({ type, text }: Json) => (type === 'text' ? [text] : [])).join('') || null,
      json.content.flatMap(({ type, name, input }: Json) => (type === 'tool_use' ? [[name, input]] : [])),
      json.stop_reason,
      json.usage.input_tokens,
      json.usage.output_tokens,
    ]).toEqual([
      message.content,
      calls,
      REASONS[reason as 'stop'],
      chat.usage.prompt_tokens,
      chat.usage.completion_tokens,
    ]);
  });

  it('are not called where none may be, and the model does not read them', async () => {
    const { json } = await ask({ ...CALLED, max_tokens: 8, tool_choice: { type: 'none' } });
    const { json: without } = await ask(SHORT);
    expect(withoutId(json)).toEqual(withoutId(without));
  });

  it('give results that the model reads as those of a chat completion, errors included', async () => {
    const use = { type: 'tool_use', id: 'toolu_1', name: 'send', input: { to: 'Moses', times: 1 } };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'gone' }] };
    const turns = (more: object) => [
      ...MESSAGES,
      { role: 'assistant', content: [{ type: 'text', text: 'So be it.' }, use] },
      {
        role: 'user',
        content: [
          { ...result, ...more },
          { type: 'text', text: 'And?' },
        ],
      },
    ];
    const call = { id: 'toolu_1', type: 'function', function: { name: 'send', arguments: JSON.stringify(use.input) } };
    const prompt = async (content: string) => {
      const messages = [
        ...MESSAGES,
        { role: 'assistant', content: 'So be it.', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'toolu_1', content },
        { role: 'user', content: 'And?' },
      ];
      return (await ask({ model: 'kjv', max_tokens: 8, temperature: 0, messages }, 'chat/completions')).json;
    };
    for (const [more, content] of [
      [{}, 'gone'],
      [{ is_error: true }, 'Error: gone'],
    ] as const) {
      const { json } = await ask({ ...SHORT, messages: turns(more) });
      const chat = await prompt(content);
      expect([json.content[0].text, json.usage.input_tokens]).toEqual([
        chat.choices[0].message.content,
        chat.usage.prompt_tokens,
      ]);
    }
  });
});

describe('thoughts', () => {
  const ASKED = { model: 'thinking', max_tokens: 12, temperature: 0, messages: MESSAGES };

  it('are blocks with a signature, whole and as a stream, and may be sent back', async () => {
    const request = { ...ASKED, thinking: { type: 'enabled', budget_tokens: 1024 } };
    const { json } = await ask(request);
    expect(json.content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^[\w+/]{43}=$/) });
    expect(json.usage.output_tokens_details.thinking_tokens).toBeGreaterThan(0);
    expect(withoutId(messageOf(await eventsOf(request)))).toEqual(withoutId(json));
    const redacted = { type: 'redacted_thinking', data: 'secret' };
    const messages = [...MESSAGES, { role: 'assistant', content: [...json.content, redacted] }, ...MESSAGES];
    const { status, json: next } = await ask({ ...ASKED, messages });
    expect(status).toBe(200);
    expect(next.usage.input_tokens).toBeGreaterThan(json.usage.input_tokens);
  });

  it('are asked for by the template, which the number of input tokens shows', async () => {
    const tokens = async (more: object) => (await ask({ ...ASKED, ...more })).json.usage.input_tokens;
    const without = await tokens({});
    expect(await tokens({ thinking: { type: 'disabled' } })).toBe(without);
    expect(await tokens({ thinking: { type: 'adaptive' } })).toBe(without);
    expect(await tokens({ thinking: { type: 'enabled', budget_tokens: 4096 } })).toBeGreaterThan(without);
    expect(await tokens({ output_config: { effort: 'max' } })).toBeGreaterThan(without);
  });

  it('are named as ignored where the template knows nothing of them', async () => {
    const { headers } = await send('messages', { ...SHORT, thinking: { type: 'enabled', budget_tokens: 1024 } });
    expect(headers.get('x-millrace-ignored')).toBe('thinking.budget_tokens, thinking');
  });
});

describe('tokens of a message', () => {
  it.each([
    ['a text', {}],
    ['tools', { tools: [SEND] }],
    ['tools that may not be called', { tools: [SEND], tool_choice: { type: 'none' } }],
    ['a system prompt', { system: [{ type: 'text', text: 'Be brief.' }] }],
  ])('are counted as the message counts them: %s', async (_, more) => {
    const { json } = await ask({ model: 'kjv', messages: MESSAGES, ...more }, 'messages/count_tokens');
    const { usage } = (await ask({ ...SHORT, ...more, max_tokens: 1 })).json;
    expect(json).toEqual({ input_tokens: usage.input_tokens + usage.cache_read_input_tokens });
  });
});

describe('models', () => {
  const list = async (target: string, headers: Readonly<Record<string, string>>): Promise<Json> =>
    (await fetch(`http://127.0.0.1:${server.port}/v1/models${target}`, { headers })).json();
  const VERSION = { 'anthropic-version': '2023-06-01' };

  it('are listed in pages for requests with the header anthropic-version', async () => {
    const page = await list('', VERSION);
    expect(page).toMatchObject({ first_id: 'kjv', last_id: 'thinking', has_more: false });
    expect(page.data[0]).toMatchObject({ type: 'model', id: 'kjv', display_name: 'kjv', max_input_tokens: 1024 });
    const first = await list('?limit=1', VERSION);
    expect([first.data.length, first.has_more]).toEqual([1, true]);
    expect((await list('?limit=1&after_id=kjv', VERSION)).data[0].id).toBe('thinking');
    expect((await list('?before_id=thinking', VERSION)).data[0].id).toBe('kjv');
    expect((await list('?after_id=kvj', VERSION)).error.message).toBe(
      "'after_id': expected the id of a model, got 'kvj'",
    );
    expect((await list('', {})).object).toBe('list');
  });

  it('are found one by one, or not', async () => {
    expect(await list('/kjv', VERSION)).toMatchObject({ type: 'model', id: 'kjv' });
    expect(await list('/kvj', VERSION)).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: "model 'kvj' is not found; did you mean 'kjv'?" },
      request_id: null,
    });
  });
});

describe('a request for a message that is refused', () => {
  it('is too long for the model', async () => {
    const { status, json } = await ask({ ...SHORT, system: 'And he said unto them, '.repeat(400) });
    expect([status, json.error.type]).toEqual([400, 'invalid_request_error']);
    expect(json.error.message).toMatch(/1024/);
  });

  it('names a model that generates nothing', async () => {
    expect(await ask({ ...SHORT, model: 'echo' })).toEqual({
      status: 400,
      json: {
        type: 'error',
        error: { type: 'invalid_request_error', message: "model 'echo' does not generate text" },
        request_id: null,
      },
    });
  });

  it('names a model that is unknown, or asks for a batch', async () => {
    const { status, json } = await ask({ ...SHORT, model: 'kvj' });
    expect([status, json.error.type]).toEqual([404, 'not_found_error']);
    expect(await ask({ requests: [] }, 'messages/batches')).toEqual({
      status: 400,
      json: {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'message batches are not supported here; POST /v1/batches runs files of requests to /v1/messages',
        },
        request_id: null,
      },
    });
  });
});
