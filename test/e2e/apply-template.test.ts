import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const TINY = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const TEMPLATE = [
  '{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}',
  '{% if style %}({{ style }}){% endif %}{% if add_generation_prompt %}<assistant>{% endif %}',
].join('');

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { contextTokens: 256, slots: 1, threads: 1, chatTemplate: '${TEMPLATE}' }\n`,
    'plain/1/model.gguf': TINY,
    'plain/model.yaml': 'llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{% for" }\n',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = async (route: string, body: object) => {
  const { status, body: json } = jsonOf(await server.send(`POST ${route}`, JSON.stringify({ model: 'kjv', ...body })));
  return { status, json };
};
const MESSAGES = [
  { role: 'developer', content: 'Be brief' },
  { role: 'user', content: [{ type: 'text', text: 'Who spoke?' }] },
];
const TOOL = { type: 'function', function: { name: 'send', parameters: { type: 'object' } } };

describe('POST /apply-template', () => {
  it.each([
    [{}, '<system>Be brief<user>Who spoke?<assistant>'],
    [{ add_generation_prompt: false }, '<system>Be brief<user>Who spoke?'],
    [{ add_generation_prompt: null, chat_template_kwargs: null }, '<system>Be brief<user>Who spoke?<assistant>'],
    [{ chat_template_kwargs: { style: 'old' } }, '<system>Be brief<user>Who spoke?(old)<assistant>'],
    [{ chat_template_kwargs: { style: 'old' }, add_generation_prompt: false }, '<system>Be brief<user>Who spoke?(old)'],
    [{ tools: [TOOL], tool_choice: 'none' }, '<system>Be brief<user>Who spoke?<assistant>'],
    // The rest of a chat completion has no effect.
    [{ temperature: 0, max_tokens: 5, stream: true, n: 2 }, '<system>Be brief<user>Who spoke?<assistant>'],
  ])('renders the prompt with %j', async (more, prompt) => {
    expect(await ask('/apply-template', { messages: MESSAGES, ...more })).toEqual({ status: 200, json: { prompt } });
  });

  it.each([
    [{ messages: [] }, 'messages', "'messages': expected a list of at least one message, got []"],
    [{ add_generation_prompt: 1 }, 'add_generation_prompt', "'add_generation_prompt': expected true or false, got 1"],
    [{ chat_template_kwargs: 1 }, 'chat_template_kwargs', "'chat_template_kwargs': expected an object, got 1"],
    [{ temprature: 1 }, 'temprature', "'temprature' is not a known parameter; did you mean 'temperature'?"],
  ])('refuses %o by naming %s', async (more, param, message) => {
    const { status, json } = await ask('/apply-template', { messages: MESSAGES, ...more });
    expect({ status, param: json.error.param, message: json.error.message }).toEqual({ status: 400, param, message });
  });

  it('shows the tools that the model reads', async () => {
    const { json } = await ask('/apply-template', { messages: MESSAGES, tools: [TOOL] });
    expect(json.prompt).toMatch(
      /^<system>Be brief\n\nYou can call these functions:\n\{"name":"send",[\s\S]+<user>Who spoke\?<assistant>$/,
    );
  });

  it('refuses a conversation that is too long to be read', async () => {
    const { status, json } = await ask('/apply-template', {
      messages: [{ role: 'user', content: 'a'.repeat(300_000) }],
    });
    expect({ status, param: json.error.param, message: json.error.message }).toEqual({
      status: 400,
      param: 'messages',
      message: 'the prompt has 300043 bytes; at most 262144 are tokenised',
    });
  });

  it('refuses a model without a template, and one that is unknown', async () => {
    const plain = await ask('/apply-template', { model: 'plain', messages: MESSAGES });
    expect([plain.status, plain.json.error.message]).toEqual([400, "model 'plain' has no chat template"]);
    const unknown = await ask('/apply-template', { model: 'kvj', messages: MESSAGES });
    expect([unknown.status, unknown.json.error.message]).toEqual([
      404,
      "model 'kvj' is not found; did you mean 'kjv'?",
    ]);
  });
});

describe('POST /tokenize', () => {
  it('lists the tokens that a chat completion of the same messages reads', async () => {
    const { json } = await ask('/tokenize', { messages: MESSAGES, tools: [TOOL] });
    expect(json).toEqual({
      count: json.tokens.length,
      max_model_len: 256,
      tokens: expect.any(Array),
      token_strs: null,
    });
    const chat = await ask('/v1/chat/completions', { messages: MESSAGES, tools: [TOOL], max_tokens: 1 });
    expect(json.count).toBe(chat.json.usage.prompt_tokens);
    const open = await ask('/tokenize', { messages: MESSAGES, tools: [TOOL], add_generation_prompt: false });
    expect(open.json.count).toBeLessThan(json.count);
    const { json: text } = await ask('/detokenize', { tokens: open.json.tokens });
    expect(text.content).toContain('<user>Who spoke?');
    expect(text.content).not.toContain('<assistant>');
  });

  it("lists the tokens of a text in vLLM's form", async () => {
    const special = await ask('/tokenize', { content: 'In the beginning', add_special: true });
    const plain = await ask('/tokenize', { content: 'In the beginning' });
    const whole = (tokens: readonly number[]) => ({
      status: 200,
      json: { count: tokens.length, max_model_len: 256, tokens, token_strs: null },
    });
    expect(await ask('/tokenize', { prompt: 'In the beginning' })).toEqual(whole(special.json.tokens));
    expect(await ask('/tokenize', { prompt: 'In the beginning', add_special_tokens: false })).toEqual(
      whole(plain.json.tokens),
    );
    expect(await ask('/tokenize', { prompt: '', add_special_tokens: false })).toEqual(whole([]));
  });

  it.each([
    [{ messages: MESSAGES, return_token_strs: true }, 'return_token_strs', "'return_token_strs' is not supported here"],
    [{ messages: MESSAGES, chat_template: 'x' }, 'chat_template', "'chat_template' is not supported here"],
    [
      { messages: MESSAGES, content: 'a' },
      'content',
      "'content': expected to be left out beside 'messages', got \"a\"",
    ],
    [{ prompt: 'a', content: 'a' }, 'content', "'content': expected to be left out beside 'prompt', got \"a\""],
    [{ prompt: 'a', return_token_strs: true }, 'return_token_strs', "'return_token_strs' is not supported here"],
    [{ prompt: ['a'] }, 'prompt', '\'prompt\': expected a string, got ["a"]'],
    [{}, 'content', "'content': expected a text, got nothing"],
  ])('refuses %j by naming %s', async (body, param, message) => {
    const { status, json } = await ask('/tokenize', body);
    expect({ status, param: json.error.param, message: json.error.message }).toEqual({ status: 400, param, message });
  });
});
