import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { withMetadata } from '../support/gguf.js';

const FILE = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const OPTIONS = 'contextTokens: 256, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}"';
const PROMPT = 'In the beginning God created';
/** Greedy by its file; the second value is out of range. */
const GREEDY_FILE = withMetadata(FILE, {
  'general.sampling.temp': { float: 0 },
  'general.sampling.top_p': { float: 0.9 },
  'general.sampling.min_p': { float: 7 },
});

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'plain/1/model.gguf': FILE,
    'plain/model.yaml': `llama: { ${OPTIONS} }\n`,
    'greedy/1/model.gguf': FILE,
    'greedy/model.yaml': `llama: { ${OPTIONS}, sampling: { temperature: 0, repetitionPenalty: 1.5 } }\n`,
    'filed/1/model.gguf': GREEDY_FILE,
    'filed/model.yaml': `llama: { ${OPTIONS} }\n`,
    'changed/1/model.gguf': GREEDY_FILE,
    'changed/model.yaml': `llama: { ${OPTIONS}, sampling: { temperature: 1.5 } }\n`,
    'wrong/1/model.gguf': FILE,
    'wrong/model.yaml': `llama: { ${OPTIONS}, sampling: { temperature: 3, heat: 1 } }\n`,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, body: object) {
  const answer = jsonOf(await server.send(`POST ${path}`, JSON.stringify(body)));
  expect(answer.status).toBe(200);
  return answer.body;
}

type Ask = (model: string, parameters: object) => Promise<string>;

const complete: Ask = async (model, parameters) =>
  (await post('/v1/completions', { model, prompt: PROMPT, max_tokens: 16, ...parameters })).choices[0].text;
const chat: Ask = async (model, parameters) => {
  const messages = [{ role: 'user', content: PROMPT }];
  const { choices } = await post('/v1/chat/completions', { model, messages, max_tokens: 16, ...parameters });
  return choices[0].message.content;
};
const generate: Ask = async (model, parameters) =>
  (await post(`/v2/models/${model}/generate`, { text_input: PROMPT, max_tokens: 16, ...parameters })).text_output;

describe.each<[string, Ask]>([
  ['completions', complete],
  ['chat completions', chat],
  ['generate', generate],
])('a request of %s that says nothing', (_name, ask) => {
  it('gets what model.yaml says', async () => {
    const said = { temperature: 0, repetition_penalty: 1.5 };
    expect(await ask('greedy', {})).toBe(await ask('plain', said));
    // What a request says counts, also where it is the API's default.
    expect(await ask('greedy', { repetition_penalty: 1 })).toBe(await ask('plain', { temperature: 0 }));
    expect(await ask('greedy', { temperature: 1, seed: 7 })).toBe(
      await ask('plain', { repetition_penalty: 1.5, seed: 7 }),
    );
  });

  it("gets what the model's file says, unless model.yaml says otherwise", async () => {
    expect(await ask('filed', {})).toBe(await ask('plain', { temperature: 0 }));
    expect(await ask('changed', { seed: 7 })).toBe(await ask('plain', { temperature: 1.5, top_p: 0.9, seed: 7 }));
  });
});

it('a response shows the values in effect', async () => {
  const respond = (model: string, more: object = {}) =>
    post('/v1/responses', { model, input: PROMPT, max_output_tokens: 4, ...more });
  expect(await respond('plain')).toMatchObject({ temperature: 1, top_p: 1 });
  expect(await respond('filed')).toMatchObject({ temperature: 0, top_p: 0.9 });
  expect(await respond('filed', { temperature: 0.5 })).toMatchObject({ temperature: 0.5, top_p: 0.9 });
});

it('the catalog shows the values in effect, and the documentation page the temperature', async () => {
  const generationOf = async (model: string) =>
    jsonOf(await server.send(`GET /millrace/v1/models/${model}`)).body.versions[0].loaded.generation;
  const none = { top_k: 0, min_p: 0, frequency_penalty: 0, presence_penalty: 0 };
  expect(await generationOf('plain')).toEqual({
    context_tokens: 256,
    max_output_tokens: 4096,
    chat: true,
    sampling: { ...none, temperature: 1, top_p: 1, repetition_penalty: 1 },
  });
  const { sampling } = await generationOf('greedy');
  expect(sampling).toEqual({ ...none, temperature: 0, top_p: 1, repetition_penalty: 1.5 });
  expect((await generationOf('changed')).sampling).toMatchObject({ temperature: 1.5, top_p: 0.9, min_p: 0 });
  const models = jsonOf(await server.send('GET /openapi.json')).body['x-models'] as readonly {
    readonly name: string;
    readonly tasks: object;
  }[];
  expect(models.find(({ name }) => name === 'changed')?.tasks).toEqual({ generate: { chat: true, temperature: 1.5 } });
});

it('a value that no request could set is reported and has no effect in a file, and is a mistake in model.yaml', async () => {
  const said = server.log.map(({ msg }) => msg).filter((msg) => msg.includes('general.sampling'));
  expect(said).toEqual(
    Array(2).fill(expect.stringContaining("the file's general.sampling.min_p has no effect: expected 0 to 1, got 7")),
  );
  const wrong = (await server.index()).find((line) => line.startsWith('wrong'));
  expect(wrong).toContain('llama.sampling.temperature: expected a number from 0 to 2, got 3');
  expect(wrong).toContain("unknown key 'llama.sampling.heat'");
});

it('millrace chat says nothing unless its flags do', async () => {
  const ask = async (...flags: readonly string[]) => {
    const { out } = await run([
      'chat',
      'greedy',
      PROMPT,
      '--max-tokens',
      '16',
      ...flags,
      '--url',
      server.addresses.http.url,
    ]);
    return out.trim();
  };
  expect(await ask()).toBe((await chat('plain', { temperature: 0, repetition_penalty: 1.5 })).trim());
  expect(await ask('--temperature', '1.5', '--top-p', '0.8', '--seed', '7')).toBe(
    (await chat('plain', { temperature: 1.5, top_p: 0.8, repetition_penalty: 1.5, seed: 7 })).trim(),
  );
});
