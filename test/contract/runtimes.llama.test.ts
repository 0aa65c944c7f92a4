import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { GenerationParameters } from '../../src/core/index.js';
import { type Conversation, conversationPrompt, tokensPrompt } from '../../src/generation/index.js';
import { type BatchItem, type Emission, STREAM_CREDIT } from '../../src/runtimes/index.js';
import {
  GREEDY,
  generate,
  PROMPT,
  promptItem,
  TINY_MODEL,
  textItem,
  textOf,
  useLlamaHost,
} from '../support/llama-model.js';
import { createTestHost, loadSpec, runBatch } from '../support/test-host.js';
import { until } from '../support/until.js';

/** Asks and answers, as the model has read them. */
const TEMPLATE = `{% for message in messages %}{{ message.role }} said, {{ message.content }}
{% endfor %}{% if add_generation_prompt %}And he said,{% endif %}`;

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-llama-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { load, event } = useLlamaHost();

/** The same request has the same answer there, whatever was asked before. */
const loadDeterministic = () => load({ deterministic: true });

const chatItem = (callId: number, conversation: object, parameters: GenerationParameters = {}): BatchItem =>
  promptItem(callId, conversationPrompt(conversation as Conversation), parameters);

describe('the llama runtime', () => {
  test('describes the model', async () => {
    const { description } = await load();
    expect(description.signature.inputs.map(({ name, datatype, optional }) => [name, datatype, optional])).toEqual([
      ['text_input', 'BYTES', true],
      ['token_ids', 'INT32', true],
      ['chat_input', 'BYTES', true],
    ]);
    expect(description.tasks).toEqual({
      generate: {
        contextTokens: 256,
        maxOutputTokens: 4096,
        vocabularySize: 1024,
        chat: true,
        infill: false,
        reasoningEffort: false,
        sampling: {},
      },
    });
    expect(description).toMatchObject({ concurrency: 4, decoupled: true, affinity: true, platform: 'llama_cpp' });
  });

  test('goes on with a text, and tells why it ends and the tokens that it took', async () => {
    const instance = await load();
    const { text, usage, finishReason, emissions } = await generate(instance, PROMPT);
    expect(text).toMatch(/^ \w+ \w/);
    expect(finishReason).toBe('length');
    expect(usage).toEqual({ promptTokens: 22, cachedTokens: 0, completionTokens: 16 });
    expect(emissions.filter(({ final }) => final)).toHaveLength(1);
  });

  test('ends at a stop string, and leaves it out', async () => {
    const instance = await loadDeterministic();
    const all = await generate(instance, PROMPT);
    const stop = all.text.slice(7, 12);
    const { text, finishReason } = await generate(instance, PROMPT, { ...GREEDY, stop: ['nowhere', stop] });
    expect(text).toBe(all.text.slice(0, 7));
    expect(finishReason).toBe('stop');
  });

  test('chooses the same for the same seed, and something else for another', async () => {
    const instance = await loadDeterministic();
    const sampled = async (seed: number) =>
      (await generate(instance, PROMPT, { maxTokens: 24, temperature: 1, seed })).text;
    const first = await sampled(7);
    expect(await sampled(7)).toBe(first);
    expect(new Set([first, await sampled(8), await sampled(9)]).size).toBe(3);
  });

  test('tells how probable tokens were, whatever they were chosen by', async () => {
    const instance = await loadDeterministic();
    const reports = async (parameters: GenerationParameters) =>
      (await generate(instance, PROMPT, { maxTokens: 1, logprobs: 3, seed: 1, ...parameters })).emissions.flatMap(
        ({ delta }) => delta?.logprobs ?? [],
      );
    const [greedy] = await reports({ temperature: 0 });
    expect(greedy?.topLogprobs.map(({ token }) => token)[0]).toBe(greedy?.token);
    expect(Buffer.from(greedy?.bytes ?? []).toString()).toBe(greedy?.token);
    const [biased] = await reports({ temperature: 2, logitBias: { 5: -100 }, presencePenalty: 2 });
    expect(biased?.topLogprobs).toEqual(greedy?.topLogprobs);
    const probabilities = greedy?.topLogprobs.map(({ logprob }) => Math.exp(logprob ?? 0)) ?? [];
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(1);
  });

  test('takes biases and penalties into account', async () => {
    const instance = await load();
    const free = await generate(instance, PROMPT, { ...GREEDY, maxTokens: 1, logprobs: 1 });
    const id = free.emissions[0]?.delta?.logprobs?.[0]?.id;
    const without = await generate(instance, PROMPT, { ...GREEDY, logitBias: { [String(id)]: -100 } });
    expect(without.text.startsWith(free.text)).toBe(false);
    const repeated = await generate(instance, 'and and and and and and and', { ...GREEDY, repetitionPenalty: 10 });
    expect(repeated.text).not.toContain(' and');
  });

  test('refuses prompts that do not fit into the context, and tells what would', async () => {
    const instance = await load({ contextTokens: 64 });
    const refused = (tokens: string) => ({
      code: 'invalid_argument',
      reason: 'context_length_exceeded',
      message: `the prompt is too long: it has ${tokens} tokens; the model's context of 64 tokens has room for 63 and an answer`,
    });
    expect((await generate(instance, 'and '.repeat(80))).error).toEqual(refused('82'));
    const { error } = await generate(instance, 'and '.repeat(2_500_000));
    expect(error?.message).toMatch(/^the prompt is too long: it has at least \d{6,} tokens; /);
    const most = await generate(instance, PROMPT, { temperature: 0, ignoreEos: true });
    expect(most.usage).toMatchObject({ promptTokens: 22, completionTokens: 64 - 22 });
    expect(most.finishReason).toBe('length');
  });

  test('evaluates what prompts have in common once, for the same caller only', async () => {
    const instance = await load();
    const cached = async (prompt: string, ownerId: string, parameters: GenerationParameters = {}) =>
      (await generate(instance, prompt, { temperature: 0, maxTokens: 1, ...parameters }, ownerId)).usage?.cachedTokens;
    expect(await cached(PROMPT, 'one')).toBe(0);
    expect(await cached(`${PROMPT} without`, 'one')).toBe(22);
    expect(await cached(PROMPT, 'two')).toBe(0);
    expect(await cached(PROMPT, 'two', { cacheSalt: 'x' })).toBe(0);
    expect(await cached(PROMPT, 'two', { cacheSalt: 'x' })).toBe(21);
  });

  test('may do so for all callers, or for none', async () => {
    const shared = await load({ sharePrefixes: 'all' });
    await generate(shared, PROMPT, GREEDY, 'one');
    expect((await generate(shared, PROMPT, GREEDY, 'two')).usage?.cachedTokens).toBe(21);
    const none = await load({ sharePrefixes: 'none' });
    await generate(none, PROMPT);
    expect((await generate(none, PROMPT)).usage?.cachedTokens).toBe(0);
  });

  test('gives the same text alone and beside others where that is asked for', async () => {
    const instance = await loadDeterministic();
    const prompts = Array.from({ length: 12 }, (_, index) => `${PROMPT} ${'and '.repeat(index * 3)}`);
    const alone: string[] = [];
    for (const prompt of prompts) alone.push((await generate(instance, prompt)).text);
    const together = await Promise.all(
      prompts.map(async (prompt, index) =>
        textOf((await runBatch(instance, [textItem(index, prompt, GREEDY)])).emissions),
      ),
    );
    expect(together).toEqual(alone);
  });

  test('takes tokens for texts, tells which they are, and makes texts of them', async () => {
    const instance = await loadDeterministic();
    const said = await generate(instance, PROMPT, { ...GREEDY, returnTokenIds: true, echo: true });
    const promptIds = said.emissions.flatMap(({ delta }) => delta?.promptTokenIds ?? []);
    expect(promptIds).toHaveLength(22);
    expect(said.emissions.flatMap(({ delta }) => delta?.tokenIds ?? [])).toHaveLength(16);
    const again = await runBatch(instance, [promptItem(1, tokensPrompt(promptIds), GREEDY)]);
    expect(said.text.endsWith(textOf(again.emissions))).toBe(true);
    const only = { maxTokens: 0, echo: true };
    const text = await runBatch(instance, [promptItem(1, tokensPrompt(promptIds), only)]);
    expect(textOf(text.emissions).trim()).toBe(PROMPT);
    const wrong = await runBatch(instance, [promptItem(1, tokensPrompt([5, 99_999]))]);
    expect(wrong.emissions[0]?.error?.message).toBe("input 'token_ids': expected tokens from 0 to 1023, got 99999");
  });

  test('answers a conversation by the template', async () => {
    const instance = await load({ chatTemplate: TEMPLATE, deterministic: true });
    expect(instance.description.tasks?.generate?.chat).toBe(true);
    const messages = [
      { role: 'Moses', content: 'who is there?' },
      { role: 'Aaron', content: 'I am.' },
    ];
    const { emissions } = await runBatch(instance, [chatItem(1, { messages }, GREEDY)]);
    const same = await generate(instance, 'Moses said, who is there?\nAaron said, I am.\nAnd he said,');
    expect(textOf(emissions)).toBe(same.text);
  });

  test.each([
    ['no JSON', '{', "input 'chat_input': expected JSON of an object with a list 'messages', got no JSON"],
    [
      'no messages',
      { messages: [] },
      "input 'chat_input': expected JSON of an object with a list 'messages', got no messages",
    ],
    [
      'what the template refuses',
      { messages: [{ role: 'fool', content: 'x' }] },
      'the chat template of the model does not take these messages: no fools',
    ],
    [
      'what the template makes endless',
      { messages: [{ role: 'loop', content: 'x' }] },
      'the chat template of the model does not take these messages: it takes longer than 2000 ms',
    ],
  ])('refuses conversations with %s', async (_, conversation, message) => {
    const chatTemplate = `{% if messages[0].role == 'fool' %}{{ raise_exception('no fools') }}{% endif %}
      {% if messages[0].role == 'loop' %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif %}x`;
    const instance = await load({ chatTemplate });
    const one =
      typeof conversation === 'string'
        ? promptItem(1, { kind: 'conversation', conversation: Buffer.from(conversation) })
        : chatItem(1, conversation);
    const { emissions } = await runBatch(instance, [one]);
    expect(emissions).toMatchObject([{ final: true, error: { code: 'invalid_argument', message } }]);
    const good = await runBatch(instance, [chatItem(2, { messages: [{ role: 'user', content: 'x' }] }, GREEDY)]);
    expect(good.emissions.at(-1)?.finishReason).toBe('length');
  });

  test('takes texts only where the template is none', async () => {
    const { description } = await load({ chatTemplate: '{% for' });
    expect(description.tasks?.generate?.chat).toBe(false);
    const { message } = await event('diagnostic', ({ level }) => level === 'warn');
    expect(message).toContain(
      'the model takes texts only: the chat template of the model does not take these messages',
    );
  });

  test('holds no more answers than their reader has room for, and goes on for others', async () => {
    const instance = await load();
    const emissions: Emission[] = [];
    const endless = { temperature: 0, ignoreEos: true, maxTokens: 200 };
    const run = instance.execute(
      { id: 1, items: [textItem(1, PROMPT, endless)], rows: 1, outputs: undefined },
      (emitted) => {
        emissions.push(...emitted);
        return undefined;
      },
    );
    await until('it has used its credit', () => emissions.length === STREAM_CREDIT);
    const other = await runBatch(instance, [textItem(2, 'And', GREEDY)]);
    expect(other.emissions.at(-1)?.finishReason).toBe('length');
    expect(emissions).toHaveLength(STREAM_CREDIT);
    instance.grant(1, 500);
    await run;
    expect(emissions.at(-1)).toMatchObject({ final: true, usage: { completionTokens: 200 } });
  });

  test('stops for a cancelled one, and says what it took', async () => {
    const instance = await load();
    const emissions: Emission[] = [];
    const run = instance.execute(
      { id: 1, items: [textItem(1, PROMPT, { ignoreEos: true, maxTokens: 200 })], rows: 1, outputs: undefined },
      (emitted) => {
        emissions.push(...emitted);
        if (emissions.length === 3) instance.cancel(1);
        return undefined;
      },
    );
    await run;
    const last = emissions.at(-1);
    expect(last?.error).toEqual({ code: 'cancelled', message: 'the request was cancelled' });
    expect(last?.usage?.completionTokens).toBeLessThanOrEqual(STREAM_CREDIT);
    await until('its slot is free', () => instance.statistics?.().slots_busy === 0);
  });

  test('says what it holds and has done', async () => {
    const instance = await load();
    await generate(instance, PROMPT);
    await generate(instance, PROMPT);
    // Numbers come behind the last answer of a batch; those of the preparer from a process of its own.
    await until('both batches and both preparations have ended', () => {
      const { steps_total: steps, slots_busy: busy, tokenized_bytes_total: bytes } = instance.statistics?.() ?? {};
      return steps === 32 && busy === 0 && bytes === 2 * PROMPT.length;
    });
    expect(instance.statistics?.()).toEqual({
      slots_busy: 0,
      requests_waiting: 0,
      rendered_messages_total: 0,
      tokenized_bytes_total: 2 * PROMPT.length,
      kv_cache_active_tokens: 0,
      kv_cache_used_tokens: 37,
      kv_cache_size_tokens: 1024,
      steps_total: 32,
      evaluated_tokens_total: 22 + 15 + 1 + 15,
      prefix_cache_hit_tokens_total: 21,
      schema_mismatches_total: 0,
      schema_checks_skipped_total: 0,
    });
  });
});

describe('a file that is no language model', () => {
  test('is refused when it is cut off', async () => {
    const file = path.join(folder, 'cut.gguf');
    copyFileSync(TINY_MODEL, file);
    truncateSync(file, 1_000_000);
    await expect(load({}, file)).rejects.toMatchObject({
      code: 'invalid_argument',
      message:
        "'cut.gguf' is not a model that llama.cpp 0.4.0-dev loads: it is truncated, damaged, or of an architecture that is not known there",
    });
  });

  test('is refused when it is of an unknown architecture', async () => {
    const bytes = readFileSync(TINY_MODEL);
    const at = bytes.indexOf('llama', bytes.indexOf('general.architecture'));
    bytes.write('lambs', at);
    const file = path.join(folder, 'lambs.gguf');
    writeFileSync(file, bytes);
    await expect(load({}, file)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('needs the libraries', async () => {
    const { host, load: loadThere } = createTestHost({ llamaLibrary: folder });
    await expect(loadThere(loadSpec({ runtime: 'llama', path: TINY_MODEL }))).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `language models require llama.cpp: there is no libllama in '${folder}'; set runners.llamaLibrary to a folder with one`,
    });
    await host.close();
  });
});
