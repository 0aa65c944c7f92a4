import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { TINY_MODEL } from '../support/llama-model.js';

const CHAT = { messages: [{ role: 'user', content: 'Who is there?' }] };
/** Sampled, always 16 tokens. */
const SAMPLED = { model: 'kjv', temperature: 1, max_tokens: 16, ignore_eos: true };
const SEEDED = { ...SAMPLED, seed: 42 };
const PROMPTS = ['In the beginning', 'And the LORD said'];

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': readFileSync(TINY_MODEL),
    // Texts of several requests are compared.
    'kjv/model.yaml':
      'llama: { contextTokens: 256, slots: 4, threads: 1, deterministic: true, chatTemplate: "{{ messages[0].content }}" }\n',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (route: string, body: object) =>
  fetch(`http://127.0.0.1:${server.port}/v1/${route}`, { method: 'POST', body: JSON.stringify(body) });

interface Choice {
  readonly index: number;
  readonly text?: string;
  readonly message?: { readonly content: string };
  readonly delta?: { readonly content?: string };
  readonly logprobs: { readonly token_logprobs: readonly number[] } | null;
}

interface Answer {
  readonly choices: readonly Choice[];
  readonly usage: { readonly completion_tokens: number };
}

async function ask(route: string, body: object): Promise<Answer> {
  const response = await post(route, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

async function textsOf(route: string, body: object): Promise<readonly string[]> {
  const { choices } = await ask(route, body);
  expect(choices.map(({ index }) => index)).toEqual(choices.map((_, index) => index));
  return choices.map(({ text, message }) => text ?? message?.content ?? '');
}

/** The texts of a stream's choices, by their index. */
async function streamedTextsOf(route: string, body: object): Promise<readonly string[]> {
  const text = await (await post(route, { ...body, stream: true })).text();
  const texts: string[] = [];
  for (const [, json = ''] of text.matchAll(/^data: (\{.*)$/gm)) {
    for (const { index, text: piece, delta } of (JSON.parse(json) as Answer).choices) {
      texts[index] = `${texts[index] ?? ''}${piece ?? delta?.content ?? ''}`;
    }
  }
  return texts;
}

describe.each([
  ['chat/completions', { ...SEEDED, ...CHAT }],
  ['completions', { ...SEEDED, prompt: PROMPTS[0] }],
])('the choices of %s with a seed', (route, request) => {
  it('differ, are the same on a second call and in a stream, and begin with the answer of a single choice', async () => {
    const texts = await textsOf(route, { ...request, n: 8 });
    expect(new Set(texts).size).toBe(8);
    expect(await textsOf(route, { ...request, n: 8 })).toEqual(texts);
    expect(await streamedTextsOf(route, { ...request, n: 8 })).toEqual(texts);
    expect(await textsOf(route, { ...request, n: 1 })).toEqual(texts.slice(0, 1));
    expect(await textsOf(route, request)).toEqual(texts.slice(0, 1));
  });

  it('have nothing in common with the choices of the next seed', async () => {
    const texts = await textsOf(route, { ...request, n: 4 });
    const next = await textsOf(route, { ...request, seed: SEEDED.seed + 1, n: 4 });
    expect(new Set([...texts, ...next]).size).toBe(8);
  });
});

it('each prompt of a completion has the same choices as in a request of its own', async () => {
  const together = await textsOf('completions', { ...SEEDED, prompt: PROMPTS, n: 3 });
  const alone = [];
  for (const prompt of PROMPTS) alone.push(...(await textsOf('completions', { ...SEEDED, prompt, n: 3 })));
  expect(together).toEqual(alone);
  expect(new Set(together).size).toBe(6);
});

it('best_of picks from different texts, and the same ones on a second call', async () => {
  const request = { ...SEEDED, prompt: PROMPTS[0] };
  const all = await textsOf('completions', { ...request, n: 8 });
  const best = await textsOf('completions', { ...request, n: 3, best_of: 8 });
  expect(new Set(best).size).toBe(3);
  expect(all).toEqual(expect.arrayContaining([...best]));
  expect(await textsOf('completions', { ...request, n: 3, best_of: 8 })).toEqual(best);
});

it('best_of gives the most probable answers to each prompt, the best first', async () => {
  const request = { ...SAMPLED, prompt: PROMPTS, n: 2, best_of: 4, logprobs: 0 };
  const { choices, usage } = await ask('completions', request);
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(usage.completion_tokens).toBe(8 * 16);
  const averages = choices.map(({ logprobs }) => {
    const each = logprobs?.token_logprobs ?? [];
    return each.reduce((sum, logprob) => sum + logprob, 0) / each.length;
  });
  expect(averages[0]).toBeGreaterThanOrEqual(averages[1] ?? Number.NaN);
  expect(averages[2]).toBeGreaterThanOrEqual(averages[3] ?? Number.NaN);
  const plain = await ask('completions', { ...request, logprobs: undefined });
  expect(plain.choices.map(({ logprobs }) => logprobs)).toEqual([null, null, null, null]);
});

it('at temperature 0 all choices are the most probable text, with any seed', async () => {
  const request = { ...SEEDED, ...CHAT, temperature: 0 };
  const [first, ...others] = await textsOf('chat/completions', { ...request, n: 3 });
  expect(others).toEqual([first, first]);
  expect(await textsOf('chat/completions', { ...request, seed: 7 })).toEqual([first]);
});
