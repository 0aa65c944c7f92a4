import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { withMetadata } from '../support/gguf.js';

const KEY = 'tokenizer.chat_template';
/** A language model whose file has no template. */
const BARE = Buffer.from(
  readFileSync('test/fixtures/models/tiny-kjv.gguf').toString('latin1').replace(KEY, KEY.replace('chat', 'chit')),
  'latin1',
);
const templateOf = (name: string) => `${name}:{% for message in messages %}{{ message.content }}{% endfor %}`;
const NAMED = withMetadata(BARE, {
  'tokenizer.chat_templates': ['rag', 'tool_use'],
  [`${KEY}.rag`]: templateOf('rag'),
  [`${KEY}.tool_use`]: `${templateOf('tool_use')}{{ tools[0].function.name }}<tool_call>`,
  [KEY]: templateOf('default'),
});
const LLAMA = 'llama: { contextTokens: 256, slots: 1, threads: 1';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'named/1/model.gguf': NAMED,
    'named/model.yaml': `${LLAMA} }\n`,
    'beside/1/model.gguf': BARE,
    'beside/1/chat_template.jinja': templateOf('beside'),
    'beside/1/additional_chat_templates/tool_use.jinja': templateOf('tools beside'),
    'beside/model.yaml': `${LLAMA} }\n`,
    'configured/1/model.gguf': NAMED,
    'configured/1/mine.jinja': templateOf('mine'),
    'configured/model.yaml': `${LLAMA}, chatTemplateFile: mine.jinja }\n`,
    'bare/1/model.gguf': BARE,
    'bare/model.yaml': `${LLAMA} }\n`,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const TOOL = { type: 'function', function: { name: 'send', parameters: { type: 'object' } } };
const apply = async (model: string, more: object = {}) => {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...more });
  return jsonOf(await server.send('POST /apply-template', body));
};

describe('a model with several templates', () => {
  it.each([
    ['named', {}, 'default:Hello'],
    ['named', { tools: [TOOL] }, 'tool_use:Hellosend<tool_call>'],
    ['named', { tools: [TOOL], tool_choice: 'none' }, 'default:Hello'],
    ['beside', {}, 'beside:Hello'],
    ['configured', {}, 'mine:Hello'],
  ])("'%s' renders %j by the one for it", async (model, more, prompt) => {
    expect(await apply(model, more)).toMatchObject({ status: 200, body: { prompt } });
  });

  it('describes the tools in text where the template for tools does not', async () => {
    const { body } = await apply('beside', { tools: [TOOL] });
    expect(body.prompt).toMatch(/^tools beside:You can call these functions:\n\{"name":"send"/);
  });

  it('takes texts only where neither its file nor one beside it has a template', async () => {
    const { status, body } = await apply('bare');
    expect([status, body.error.message]).toEqual([400, "model 'bare' has no chat template"]);
  });
});
