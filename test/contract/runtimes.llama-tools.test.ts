import { describe, expect, test } from 'vitest';
import type { GenerationParameters } from '../../src/core/index.js';
import { type Conversation, conversationPrompt } from '../../src/generation/index.js';
import type { Instance } from '../../src/runtimes/index.js';
import { bySchema, generate, PROMPT, promptItem, textOf, useLlamaHost } from '../support/llama-model.js';
import { runBatch } from '../support/test-host.js';

/** As Qwen's and Hermes' models are shown tools. */
const HERMES = `{% if tools %}{% for tool in tools %}{{ tool | tojson }}
{% endfor %}Call with <tool_call></tool_call>.
{% endif %}{% for message in messages %}{{ message.role }} said, {{ message.content }}{% for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}
{% endfor %}And he said,`;
const MISTRAL = `{% for message in messages %}{{ message.content }} {% endfor %}[TOOL_CALLS]{% if tools %}{% endif %}`;
const NAMED = `${MISTRAL}[ARGS]`;
const LLAMA3 = `{% for message in messages %}{{ message.content }} {% endfor %}{# ipython "parameters" #}And he said,`;
const PLAIN = `{% for message in messages %}{{ message.role }} said, {{ message.content }}
{% endfor %}And he said,`;

const tool = (name: string, parameters: object, strict = false) => ({
  type: 'function',
  function: { name, description: `What ${name} does.`, parameters, strict },
});
const SEND = tool('send', {
  type: 'object',
  properties: { to: { enum: ['Moses', 'Aaron'] }, times: { type: 'integer', minimum: 0 } },
  required: ['to', 'times'],
});
const REST = tool('rest', { type: 'object', properties: {} });
const MESSAGES = [{ role: 'user', content: 'Who shall go?' }];
const CONVERSATION = { messages: MESSAGES, tools: [SEND, REST] };

const { load } = useLlamaHost();

async function answer(instance: Instance, conversation: object, parameters: GenerationParameters = {}) {
  const prompt = conversationPrompt(conversation as Conversation);
  const item = promptItem(1, prompt, { maxTokens: 120, temperature: 0, ...parameters });
  const running = runBatch(instance, [item]);
  instance.grant(1, 10_000);
  const { emissions } = await running;
  const deltas = emissions.flatMap(({ delta }) => delta?.toolCalls ?? []);
  const calls: { id: string; name: string; arguments: string }[] = [];
  for (const { index, id = '', name, arguments: given } of deltas) {
    if (name !== undefined) {
      expect(index).toBe(calls.length);
      calls.push({ id, name, arguments: '' });
    }
    const call = calls[index];
    if (call !== undefined) call.arguments += given;
  }
  const last = emissions.at(-1);
  const reasoning = emissions.map(({ delta }) => delta?.reasoning ?? '').join('');
  const tokens = emissions.flatMap(({ delta }) => delta?.tokenIds ?? []);
  return {
    tokens,
    content: textOf(emissions),
    reasoning,
    calls,
    deltas,
    finishReason: last?.finishReason,
    error: last?.error,
    usage: last?.usage,
  };
}

describe('tools of a language model', () => {
  // With the token by which a call differs from a thought, which might not end. Others are called in `test/e2e/openai-tools.test.ts`.
  test.each([
    ['gemma4', 964],
    ['lfm2', 127],
  ])('are called in the form %s where it is named', async (toolFormat, token) => {
    const instance = await load({ chatTemplate: HERMES, toolFormat, contextTokens: 1024 });
    const { calls, content, finishReason, error } = await answer(instance, CONVERSATION, {
      maxTokens: 400,
      logitBias: { [token]: 100 },
      toolChoice: { type: 'function', function: { name: 'send' } },
    });
    expect({ error, content, finishReason }).toEqual({ error: undefined, content: '', finishReason: 'tool_calls' });
    expect(calls.map(({ name }) => name)).toEqual(['send']);
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({
      to: expect.stringMatching(/^(Moses|Aaron)$/),
      times: expect.any(Number),
    });
  });

  test.each([
    ['hermes', HERMES, /^call_\w{24}$/],
    ['mistral', MISTRAL, /^\w{9}$/],
    ['mistral with names', NAMED, /^\w{9}$/],
    ['llama 3', LLAMA3, /^call_\w{24}$/],
    ['no template of its own', PLAIN, /^call_\w{24}$/],
  ])('are called where one has to be: %s', async (_, chatTemplate, id) => {
    const instance = await load({ chatTemplate, contextTokens: 1024 });
    const { calls, content, finishReason, error, deltas } = await answer(instance, CONVERSATION, {
      toolChoice: { type: 'function', function: { name: 'send' } },
    });
    expect(error).toBeUndefined();
    expect(finishReason).toBe('tool_calls');
    expect(content).toBe('');
    expect(calls).toEqual([{ id: expect.stringMatching(id), name: 'send', arguments: expect.any(String) }]);
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({
      to: expect.stringMatching(/^(Moses|Aaron)$/),
      times: expect.any(Number),
    });
    expect(deltas.length).toBeGreaterThan(3);
  });

  test('are called once where one is required, and again only where that is said', async () => {
    const instance = await load({ chatTemplate: HERMES, contextTokens: 1024 });
    const conversation = { messages: MESSAGES, tools: [REST] };
    const required = { toolChoice: 'required', temperature: 1, seed: 5 } as const;
    const once = await answer(instance, conversation, required);
    expect(once.calls.map(({ name }) => name)).toEqual(['rest']);
    expect(once.finishReason).toBe('tool_calls');
    // It is kept from ending before it has to: a text of one word ends with the token for that.
    const json = { ...bySchema({ const: true }), returnTokenIds: true };
    const ended = await answer(instance, { messages: MESSAGES }, json);
    const bias = { logitBias: { [String(ended.tokens.at(-1))]: -100 } };
    const again = await answer(instance, conversation, { ...required, ...bias, parallelToolCalls: true });
    expect(again.calls.length).toBeGreaterThan(1);
    expect(new Set(again.calls.map(({ id }) => id)).size).toBe(again.calls.length);
  });

  test('are written as a conversation has them', async () => {
    const instance = await load({ chatTemplate: HERMES, contextTokens: 1024 });
    const prompt = async (conversation: object, parameters: GenerationParameters = {}) =>
      (await answer(instance, conversation, { maxTokens: 0, echo: true, ...parameters })).content;
    const called = { id: 'call_1', type: 'function', function: { name: 'send', arguments: { to: 'Aaron' } } };
    const messages = [
      ...MESSAGES,
      { role: 'assistant', content: '', tool_calls: [called] },
      { role: 'tool', content: 'sent', tool_call_id: 'call_1', name: 'send' },
    ];
    const told = await prompt({ messages, tools: [REST] });
    expect(told).toContain('"name": "rest"');
    expect(told).toContain('<tool_call>\n{"name": "send", "arguments": {"to": "Aaron"}}\n</tool_call>');
    expect(await prompt({ messages, tools: [REST] }, { toolChoice: 'none' })).not.toContain('"rest"');
  });

  test('are told and answered in texts where the template knows none', async () => {
    const instance = await load({ chatTemplate: PLAIN, contextTokens: 1024 });
    const messages = [
      { role: 'system', content: 'Be brief.' },
      ...MESSAGES,
      { role: 'assistant', content: 'So:', tool_calls: [{ function: { name: 'rest', arguments: {} } }] },
      { role: 'tool', content: 'done', name: 'rest' },
    ];
    const { content } = await answer(instance, { messages, tools: [REST] }, { maxTokens: 0, echo: true });
    expect(content.trimStart()).toBe(`system said, Be brief.

You can call these functions:
{"name":"rest","description":"What rest does.","parameters":{"type":"object","properties":{}}}
To call one, answer with nothing but JSON in this form, a line for each call:
{"name": "<name of the function>", "arguments": {<its arguments>}}
user said, Who shall go?
assistant said, So:
{"name":"rest","arguments":{}}
user said, Result of rest: done
And he said,`);
  });

  test.each([
    [{ tools: {} }, {}, "input 'chat_input': expected 'tools' to be a list"],
    [
      { tools: [{ name: 'x' }] },
      {},
      "input 'chat_input': expected tools[0] to have a 'function' with a 'name' of 1 to 64 letters, digits, _ and -",
    ],
    [{ tools: [REST, SEND, REST] }, {}, "input 'chat_input': two tools have the name 'rest'"],
    [{}, { toolChoice: 'required' }, "parameter 'tool_choice': expected to be left out where there are no tools"],
    [
      { tools: [REST] },
      { toolChoice: 'any' },
      `parameter 'tool_choice': expected 'auto', 'none', 'required', or functions of 'rest', got "any"`,
    ],
    [
      { tools: [tool('send', { type: 'object', properties: { to: { patern: 'a' } } }, true)] },
      {},
      "the parameters of tool 'send', at '/properties/to': the keyword 'patern' is not supported in strict mode: leave it out, or set strict to false",
    ],
  ])('refuse %j with %j', async (conversation, parameters, message) => {
    const instance = await load({ chatTemplate: PLAIN });
    const { error } = await answer(
      instance,
      { messages: MESSAGES, ...conversation },
      parameters as GenerationParameters,
    );
    expect(error).toMatchObject({ code: 'invalid_argument', message });
  });

  test('are not for texts', async () => {
    const instance = await load();
    const { error } = await generate(instance, PROMPT, { toolChoice: 'auto' });
    expect(error?.message).toBe("parameter 'tool_choice': expected to be left out where the prompt is no conversation");
  });
});

describe('thoughts of a language model', () => {
  const THINKING = `${PLAIN} <think>`;
  const JSON_SCHEMA = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };

  test('are told apart from its answer', async () => {
    const instance = await load({ chatTemplate: THINKING });
    const { content, reasoning, usage } = await answer(
      instance,
      { messages: MESSAGES },
      { ignoreEos: true, maxTokens: 12 },
    );
    expect(content).toBe('');
    expect(reasoning).toMatch(/^\S.*\w/s);
    expect(usage).toMatchObject({ completionTokens: 12, reasoningTokens: 12 });
  });

  test('come before JSON, too', async () => {
    const instance = await load({ chatTemplate: THINKING });
    const { content, finishReason } = await answer(
      instance,
      { messages: MESSAGES },
      {
        ...bySchema(JSON_SCHEMA),
        temperature: 1,
        seed: 2,
        maxTokens: 200,
      },
    );
    expect([finishReason, content].join()).toMatch(/^(length,|stop,\s*\{\s*"ok"\s*:\s*(true|false)\s*\}\s*$)/);
  });
});
