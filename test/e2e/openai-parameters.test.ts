import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const options = (template: string) =>
  `llama: { contextTokens: 256, slots: 2, threads: 1, deterministic: true, chatTemplate: "${template}" }\n`;
const TURNS = '{% for message in messages %}{{ message.content }} {% endfor %}';
const MODELS = {
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': options(`${TURNS}{% if add_generation_prompt %}And he said,{% endif %}`),
};

let server: AppServer;
let strict: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    ...MODELS,
    'thinking/1/model.gguf': TINY,
    'thinking/model.yaml': options(`${TURNS}{% if reasoning_effort %}with effort{% endif %}`),
  });
  strict = await startAppServer(MODELS, { openai: { unknownParameters: 'refuse' } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await strict[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
type Json = any;

interface Asked {
  readonly status: number;
  /** undefined = nothing is ignored. */
  readonly ignored: string | undefined;
  readonly json: Json;
}

async function ask(route: string, body: object | string, { port }: AppServer = server): Promise<Asked> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${port}/${route}`, { method: 'POST', body: text });
  const answer = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    ignored: response.headers.get('x-millrace-ignored') ?? undefined,
    json: isJson ? JSON.parse(answer) : answer,
  };
}

const MESSAGES = [{ role: 'user', content: 'In the beginning' }];
const CHAT = { model: 'kjv', messages: MESSAGES, max_tokens: 3, temperature: 0, ignore_eos: true };
const TEXT = { model: 'kjv', prompt: 'In the beginning', max_tokens: 8, temperature: 0, ignore_eos: true };
const RESPONSE = { model: 'kjv', input: 'In the beginning', max_output_tokens: 3, temperature: 0 };

/** The text of a completion; other parameters than those of {@link TEXT}. */
async function textOf(change: object): Promise<string> {
  const { status, json } = await ask('v1/completions', { ...TEXT, ...change });
  expect([status, json]).toMatchObject([200, { choices: [{}] }]);
  return json.choices[0].text;
}

describe('parameters that have no effect', () => {
  it('are accepted where they are labels', async () => {
    const labels = {
      user: 'me',
      metadata: { a: 1 },
      safety_identifier: 'x',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
    };
    for (const [route, body] of [
      ['v1/chat/completions', CHAT],
      ['v1/completions', TEXT],
      ['v1/responses', RESPONSE],
    ] as const) {
      for (const each of [server, strict]) {
        expect(await ask(route, { ...body, ...labels }, each)).toMatchObject({ status: 200, ignored: undefined });
      }
    }
  });

  it.each([
    ['v1/chat/completions', { ...CHAT, verbosity: 'low', store: true, stream: true }, 'verbosity, store'],
    [
      'v1/chat/completions',
      {
        ...CHAT,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'In', cache_control: { type: 'ephemeral' } }] }],
        tools: [{ type: 'function', function: { name: 'f' }, cache_control: { type: 'ephemeral' } }],
      },
      'messages.content.cache_control, tools.cache_control',
    ],
    ['v1/chat/completions', { ...CHAT, reasoning_effort: 'high' }, 'reasoning_effort'],
    ['v1/chat/completions', { ...CHAT, reasoning_effort: 'high', stream: true, n: 2 }, 'reasoning_effort'],
    ['v1/chat/completions', { ...CHAT, reasoning_effort: 'none' }, undefined],
    ['v1/chat/completions', { ...CHAT, model: 'thinking', reasoning_effort: 'high' }, undefined],
    ['v1/completions', { ...TEXT, cache_prompt: true, id_slot: 1 }, 'cache_prompt, id_slot'],
    [
      'v1/responses',
      { ...RESPONSE, reasoning: { effort: 'high', summary: 'auto' }, include: ['reasoning.encrypted_content'] },
      'reasoning.summary, include, reasoning.effort',
    ],
    ['v1/responses', { ...RESPONSE, text: { verbosity: 'low' }, stream: true }, 'text.verbosity'],
  ])('are named where they are hints: %s %j', async (route, body, ignored) => {
    for (const each of [server, strict].filter((one) => one === server || body.model !== 'thinking')) {
      const { status, ...answer } = await ask(route, body, each);
      expect([status, answer.ignored]).toEqual([200, ignored]);
    }
  });

  it.each([
    ['v1/chat/completions', { ...CHAT, colour: 'blue' }, 'colour'],
    ['v1/chat/completions', { ...CHAT, stream: true, stream_options: { colour: 1 } }, 'stream_options.colour'],
    ['v1/chat/completions', { ...CHAT, messages: [{ ...MESSAGES[0], weight: 1 }] }, 'messages.weight'],
    ['v1/responses', { ...RESPONSE, input: [{ ...MESSAGES[0], weight: 1 }] }, 'input.weight'],
    ['tokenize', { model: 'kjv', content: 'And', colour: 1 }, 'colour'],
  ])('are named, or refused by the setting, where they are not known: %s %j', async (route, body, name) => {
    expect(await ask(route, body)).toMatchObject({ status: 200, ignored: name });
    const refused = await ask(route, body, strict);
    expect(refused.status).toBe(400);
    expect(refused.json.error.message).toMatch(/is not a known parameter/);
  });

  it('are refused where they look like others', async () => {
    for (const [body, param, message] of [
      [{ temprature: 1 }, 'temprature', "'temprature' is not a known parameter; did you mean 'temperature'?"],
      [{ max_token: 1 }, 'max_token', "'max_token' is not a known parameter; did you mean 'max_tokens'?"],
      [
        { messages: [{ ...MESSAGES[0], contents: 'a' }] },
        'messages[0].contents',
        "'messages[0].contents' is not a known parameter; did you mean 'content'?",
      ],
    ] as const) {
      const { status, json } = await ask('v1/chat/completions', { ...CHAT, ...body });
      expect([status, json.error]).toMatchObject([400, { param, message }]);
    }
  });

  it('are counted', async () => {
    const before = await count();
    await ask('v1/completions', { ...TEXT, colour: 1, cache_prompt: true });
    expect(await count()).toBe(before + 1);
  });

  async function count(): Promise<number> {
    const response = await fetch(`${server.addresses.metrics?.url}/metrics`);
    const name = 'millrace_http_requests_with_ignored_parameters_total{route="/v1/completions"} ';
    const line = (await response.text()).split('\n').find((each) => each.startsWith(name));
    return Number(line?.slice(name.length) ?? 0);
  }
});

describe('parameters of vLLM and llama.cpp', () => {
  it('choose among less tokens', async () => {
    const greedy = await textOf({});
    const [one, other] = await Promise.all(
      [1, 2].map((seed) => textOf({ temperature: 1, typical_p: 0.000_001, seed })),
    );
    expect(one).toBe(other);
    expect(await textOf({ temperature: 1, typical_p: 1, seed: 1 })).not.toBe(one);
    for (const mirostat of [1, 2]) {
      expect(await textOf({ temperature: 1, mirostat, mirostat_tau: 0, seed: 7 })).toBe(greedy);
      const free = [1, 2, 3, 4].map((seed) => textOf({ temperature: 1, mirostat, mirostat_tau: 20, seed }));
      expect(new Set(await Promise.all(free)).size).toBeGreaterThan(1);
    }
    const cold = { temperature: 0.000_1, seed: 1 };
    expect(await textOf(cold)).toBe(greedy);
    expect(await textOf({ ...cold, xtc_probability: 1, xtc_threshold: 0.01 })).not.toBe(greedy);
    expect(await textOf({ ...cold, xtc_probability: 1, xtc_threshold: 0.6 })).toBe(greedy);
  });

  it('keep a text from repeating sequences', async () => {
    const tokensOf = async (content: string): Promise<readonly number[]> =>
      (await ask('tokenize', { model: 'kjv', content })).json.tokens;
    const before = await tokensOf('and the');
    const next = (await tokensOf('and the earth'))[before.length] ?? 0;
    const prompt = 'and the earth, and the earth, and the';
    // So much more probable that nothing else comes.
    const repeated = { prompt, max_tokens: 1, logit_bias: { [next]: 30 } };
    const plain = await textOf(repeated);
    expect(plain).toMatch(/^ ?e/);
    expect(await textOf({ ...repeated, dry_multiplier: 50 })).not.toBe(plain);
    for (const change of [{ dry_allowed_length: 50 }, { dry_penalty_last_n: 0 }, { dry_sequence_breakers: ['the'] }]) {
      expect(await textOf({ ...repeated, dry_multiplier: 50, ...change })).toBe(plain);
    }
  });

  it('have two names for one penalty', async () => {
    const change = { repetition_penalty: 1.9, max_tokens: 24 };
    const penalised = await textOf(change);
    expect(penalised).not.toBe(await textOf({ max_tokens: 24 }));
    expect(await textOf({ repeat_penalty: 1.9, max_tokens: 24 })).toBe(penalised);
    const { status, json } = await ask('v1/completions', { ...TEXT, ...change, repeat_penalty: 1.8 });
    expect([status, json.error.param]).toEqual([400, 'repeat_penalty']);
  });

  it('stop at a token, and not before there are enough', async () => {
    const whole = await textOf({ max_tokens: 12 });
    const { json: read } = await ask('tokenize', { model: 'kjv', content: `In the beginning${whole}` });
    const { json: prompt } = await ask('tokenize', { model: 'kjv', content: 'In the beginning' });
    const tokens: readonly number[] = read.tokens.slice(prompt.tokens.length);
    const [, , third = 0] = tokens;
    const stopped = await ask('v1/completions', { ...TEXT, stop_token_ids: [third] });
    const [choice] = stopped.json.choices;
    expect(choice.finish_reason).toBe('stop');
    expect(whole.startsWith(choice.text)).toBe(true);
    expect(stopped.json.usage.completion_tokens).toBe(tokens.indexOf(third) + 1);
    const late = await ask('v1/completions', { ...TEXT, stop_token_ids: [third], min_tokens: 6 });
    expect(late.json.usage.completion_tokens).toBeGreaterThan(6);
    const [text] = late.json.choices;
    const { json: written } = await ask('tokenize', { model: 'kjv', content: text.text });
    expect(written.tokens.slice(0, 6)).not.toContain(third);
  });

  it('pass stop strings until there are enough tokens', async () => {
    const whole = await textOf({ max_tokens: 12 });
    const stop = whole.slice(1, 3);
    expect(await textOf({ max_tokens: 12, stop })).toBe(whole.slice(0, whole.indexOf(stop)));
    const late = await textOf({ max_tokens: 12, stop, min_tokens: 4 });
    expect(late.length).toBeGreaterThan(whole.indexOf(stop) + stop.length);
    expect(whole.startsWith(late)).toBe(true);
  });

  it('end a text only when there are enough tokens', async () => {
    const { json } = await ask('v1/completions', { ...TEXT, ignore_eos: false, max_tokens: 200, min_tokens: 190 });
    expect(json.usage.completion_tokens).toBeGreaterThanOrEqual(190);
  });

  it('take as many tokens as there is room for', async () => {
    for (const change of [{ max_tokens: -1 }, { max_tokens: undefined, n_predict: -1 }]) {
      const { json } = await ask('v1/completions', { ...TEXT, ...change });
      expect([json.choices[0].finish_reason, json.usage.total_tokens]).toEqual(['length', 256]);
    }
    const few = await ask('v1/completions', { ...TEXT, max_tokens: undefined, n_predict: 2 });
    expect(few.json.usage.completion_tokens).toBe(2);
  });

  it('have seeds of 64 bits', async () => {
    const body = JSON.stringify({ ...TEXT, temperature: 1, seed: 5 });
    const [one, other] = await Promise.all(
      ['18446744073709551615', '-9223372036854775808'].map((seed) =>
        ask('v1/completions', body.replace('"seed":5', `"seed":${seed}`)),
      ),
    );
    expect([one?.status, other?.status]).toEqual([200, 200]);
    const { status, json } = await ask('v1/completions', body.replace('"seed":5', '"seed":1e20'));
    expect([status, json.error.param]).toEqual([400, 'seed']);
  });

  it.each([
    ['typical_p', { typical_p: 2 }],
    ['xtc_probability', { xtc_probability: -1 }],
    ['mirostat', { mirostat: 3 }],
    ['stop_token_ids', { stop_token_ids: ['a'] }],
    ['stop_token_ids', { stop_token_ids: [1_000_000] }],
    ['min_tokens', { min_tokens: 9 }],
    ['max_tokens', { max_tokens: -2 }],
    ['dry_multiplier', { dry_multiplier: 101 }],
    ['dry_sequence_breakers', { dry_sequence_breakers: [''] }],
    ['dry_sequence_breakers', { dry_sequence_breakers: Array(17).fill('a') }],
    ['use_beam_search', { use_beam_search: true }],
    ['guided_whitespace_pattern', { guided_whitespace_pattern: ' ' }],
  ])('are checked: %s', async (param, change) => {
    const { status, json } = await ask('v1/completions', { ...TEXT, ...change });
    expect([status, json.error.param, json.error.message]).toEqual([400, param, expect.stringContaining(param)]);
  });
});

describe('the last message', () => {
  it('is what the answer goes on with', async () => {
    const messages = [...MESSAGES, { role: 'assistant', content: 'God created the' }];
    const goesOn = await ask('v1/chat/completions', { ...CHAT, messages, continue_final_message: true });
    const text = await textOf({ prompt: 'In the beginning God created the', max_tokens: 3 });
    expect([goesOn.status, goesOn.json.choices[0].message.content]).toEqual([200, text]);
  });

  it('may end the prompt', async () => {
    const { json } = await ask('v1/chat/completions', { ...CHAT, add_generation_prompt: false });
    expect(json.choices[0].message.content).toBe(await textOf({ prompt: 'In the beginning ', max_tokens: 3 }));
  });

  it.each([
    ['continue_final_message', { continue_final_message: true }],
    [
      'add_generation_prompt',
      { messages: [{ role: 'assistant', content: 'a' }], continue_final_message: true, add_generation_prompt: true },
    ],
    ['chat_template_kwargs', { chat_template_kwargs: { continue_final_message: true } }],
  ])('is checked: %s', async (param, change) => {
    const { status, json } = await ask('v1/chat/completions', { ...CHAT, ...change });
    expect([status, json.error.param]).toEqual([400, param]);
  });

  it('of the assistant may have no content', async () => {
    const messages = [...MESSAGES, { role: 'assistant', content: null }, ...MESSAGES];
    expect(await ask('v1/chat/completions', { ...CHAT, messages })).toMatchObject({ status: 200 });
  });
});

describe('probabilities', () => {
  it('of completions have the token that was chosen', async () => {
    const { json } = await ask('v1/completions', { ...TEXT, temperature: 2, seed: 3, logprobs: 1 });
    const { tokens, token_logprobs: chosen, top_logprobs: top } = json.choices[0].logprobs;
    expect(tokens).toHaveLength(8);
    for (const [index, token] of tokens.entries()) expect(top[index][token]).toBe(chosen[index]);
    expect(Math.max(...top.map((each: object) => Object.keys(each).length))).toBe(2);
  });

  it.each([false, true])('of responses come where they are asked for (stream: %s)', async (stream) => {
    const { json } = await ask('v1/responses', {
      ...RESPONSE,
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
      stream,
    });
    const events = stream
      ? (json as string).split('\n').flatMap((line) => (line.startsWith('data: ') ? JSON.parse(line.slice(6)) : []))
      : [];
    const response = stream ? events.at(-1).response : json;
    const { logprobs, text } = response.output[0].content[0];
    expect(logprobs.map(({ token }: { token: string }) => token).join('')).toBe(text);
    expect(logprobs[0].top_logprobs).toHaveLength(2);
    expect(response).toMatchObject({ top_logprobs: 2, usage: { input_tokens_details: { cache_write_tokens: 0 } } });
    if (!stream) return;
    const deltas = events.filter(({ type }: { type: string }) => type === 'response.output_text.delta');
    expect(deltas.flatMap((delta: Json) => delta.logprobs)).toEqual(logprobs);
  });
});
