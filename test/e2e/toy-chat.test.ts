import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { createToyChatDialect } from '../fixtures/toy-chat/dialect.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const HERMES = `{% for tool in tools or [] %}{{ tool | tojson }} {% endfor %}{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said, {# <tool_call> #}`;
const CONFIG = `llama: { contextTokens: 256, slots: 2, threads: 1, deterministic: true, chatTemplate: ${JSON.stringify(HERMES)} }\n`;
const TURNS = [{ from: 'user', says: 'Who shall go?' }];
const SEND = { name: 'send', takes: { properties: { to: { enum: ['Moses', 'Aaron'] } }, required: ['to'] } };

let folder: TempFolder;
let millrace: Millrace;
let url: string;

beforeAll(async () => {
  folder = await createTempFolder({ 'kjv/1/model.gguf': TINY, 'kjv/model.yaml': CONFIG });
  millrace = await createMillrace({
    dialects: [createToyChatDialect],
    logDestination: { write: () => undefined },
    settings: {
      repository: { paths: [folder.path] },
      runners: { entry: RUNNER_ENTRY },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    },
  });
  ({ url } = (await millrace.listen()).http ?? { url: '' });
});
afterAll(async () => {
  await millrace.close();
  await folder[Symbol.asyncDispose]();
});

const post = (body: object, model = 'kjv') =>
  fetch(`${url}/toy-chat/${model}`, { method: 'POST', body: JSON.stringify(body) });
// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
const ask = async (body: object, model?: string): Promise<{ status: number; json: any }> => {
  const response = await post(body, model);
  return { status: response.status, json: await response.json() };
};

describe('a chat dialect from outside', () => {
  it('answers a conversation', async () => {
    const { status, json } = await ask({ turns: TURNS, words: 8 });
    expect({ status, json }).toMatchObject({ status: 200, json: { calls: [], written: 8, finishReason: 'length' } });
    expect(json.says).toMatch(/\w/);
  });

  it('has tools called', async () => {
    const { json } = await ask({ turns: TURNS, functions: [SEND], must_call: true });
    expect(json).toMatchObject({
      says: '',
      calls: [{ name: 'send', with: { to: expect.stringMatching(/^(Moses|Aaron)$/) } }],
      finishReason: 'tool_calls',
    });
  });

  it('streams the same', async () => {
    const whole = await ask({ turns: TURNS, functions: [SEND], must_call: true });
    const response = await post({ turns: TURNS, functions: [SEND], must_call: true, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = (await response.text())
      .trim()
      .split('\n\n')
      .map((line) => JSON.parse(line.slice('data: '.length)));
    const pieces = events.flatMap(({ type, piece }) => (type === 'with' ? [piece] : []));
    expect(events[0]).toEqual({ type: 'calls', index: 0, name: 'send' });
    expect(JSON.parse(pieces.join(''))).toEqual(whole.json.calls[0].with);
    expect(events.slice(-2)).toEqual([{ type: 'end', finishReason: 'tool_calls' }, { type: 'bye' }]);
  });

  it.each([
    [{ turns: [] }, 'turns', "'turns': expected a list of at least one object, got []"],
    [{ turns: TURNS, words: 0 }, 'words', "'words': expected an integer from 1 to 1000, got 0"],
    [{ turns: TURNS, colour: 1 }, 'colour', "'colour' is not a known parameter"],
  ])('refuses %j', async (body, where, message) => {
    expect(await ask(body)).toEqual({ status: 400, json: { type: 'problem', message, where } });
  });

  it('places what the model refuses', async () => {
    const functions = [{ name: 'send', takes: { properties: { to: { format: 'colour' } } } }];
    expect(await ask({ turns: TURNS, functions })).toMatchObject({ status: 400, json: { where: 'functions' } });
    const long = [{ from: 'user', says: 'and '.repeat(1_000) }];
    expect(await ask({ turns: long })).toMatchObject({ status: 400, json: { where: 'turns' } });
  });

  it('says which model is not found', async () => {
    expect(await ask({ turns: TURNS }, 'kvj')).toEqual({
      status: 404,
      json: { type: 'problem', message: "model 'kvj' is not found; did you mean 'kjv'?", where: 'model' },
    });
  });
});
