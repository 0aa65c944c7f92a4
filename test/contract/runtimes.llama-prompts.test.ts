import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Emission } from '../../src/runtimes/index.js';
import { withMetadata } from '../support/gguf.js';
import {
  GREEDY,
  generate,
  LOGPROB_TOLERANCE,
  PROMPT,
  TINY_MODEL,
  textItem,
  textOf,
  useLlamaHost,
} from '../support/llama-model.js';
import { runBatch } from '../support/test-host.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-llama-prompts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { load } = useLlamaHost();

const told = (emissions: readonly Emission[], name: 'logprobs' | 'promptLogprobs') =>
  emissions.flatMap(({ delta }) => delta?.[name] ?? []);

describe('the probabilities of a prompt', () => {
  test('are told of each of its tokens but the first, which follows nothing', async () => {
    const instance = await load();
    const { emissions, usage, finishReason } = await generate(instance, PROMPT, { maxTokens: 0, promptLogprobs: 2 });
    const reports = told(emissions, 'promptLogprobs');
    expect(reports).toHaveLength(22);
    expect(reports.map(({ token }) => token).join('')).toBe(PROMPT);
    expect(reports[0]).toMatchObject({ logprob: null, topLogprobs: [] });
    for (const { logprob, topLogprobs: top } of reports.slice(1)) {
      expect(logprob).toBeLessThanOrEqual(top[0]?.logprob ?? 0);
      expect(top).toHaveLength(2);
    }
    expect({ usage, finishReason }).toEqual({
      usage: { promptTokens: 22, cachedTokens: 0, completionTokens: 0 },
      finishReason: 'length',
    });
    expect(textOf(emissions)).toBe('');
  });

  test('are those that the same tokens have as an answer', async () => {
    const instance = await load();
    const answer = await generate(instance, PROMPT, { ...GREEDY, logprobs: 1, returnTokenIds: true });
    const tokens = told(answer.emissions, 'logprobs');
    const whole = await generate(instance, `${PROMPT}${answer.text}`, { maxTokens: 0, promptLogprobs: 1 });
    const prompt = told(whole.emissions, 'promptLogprobs');
    // A text may be read as other tokens than it was written with, but these begin alike.
    const same = tokens.findIndex(({ id }, index) => prompt[22 + index]?.id !== id);
    const count = same < 0 ? tokens.length : same;
    expect(count).toBeGreaterThan(0);
    for (const [index, { logprob }] of tokens.slice(0, count).entries()) {
      expect(Math.abs((prompt[22 + index]?.logprob ?? 0) - (logprob ?? 0))).toBeLessThan(LOGPROB_TOLERANCE);
    }
  });

  test('are told whatever slots hold, and beside an answer that goes on', async () => {
    const instance = await load();
    const first = await generate(instance, PROMPT, { ...GREEDY, promptLogprobs: 0 });
    const [again, other] = await Promise.all([
      runBatch(instance, [textItem(2, PROMPT, { ...GREEDY, promptLogprobs: 0, echo: true })]),
      runBatch(instance, [textItem(3, PROMPT, GREEDY)]),
    ]);
    const ids = (emissions: readonly Emission[]) => told(emissions, 'promptLogprobs').map(({ id }) => id);
    expect(ids(again.emissions)).toEqual(ids(first.emissions));
    expect(textOf(again.emissions).startsWith(PROMPT)).toBe(true);
    expect(again.emissions.at(-1)?.usage?.cachedTokens).toBe(0);
    expect(other.emissions.at(-1)?.finishReason).toBeDefined();
  });
});

describe('what is missing between two texts', () => {
  test('is filled in by a model that has tokens for that', async () => {
    const file = path.join(folder, 'infill.gguf');
    const tokens = { fim_pre: 10, fim_suf: 11, fim_mid: 12 };
    const metadata = Object.entries(tokens).map(([name, id]) => [`tokenizer.ggml.${name}_token_id`, id]);
    writeFileSync(file, withMetadata(readFileSync(TINY_MODEL), Object.fromEntries(metadata)));
    const instance = await load({}, file);
    expect(instance.description.tasks?.generate?.infill).toBe(true);
    const promptOf = async (prompt: string, parameters: object) => {
      const { emissions } = await generate(instance, prompt, { maxTokens: 0, returnTokenIds: true, ...parameters });
      return emissions.flatMap(({ delta }) => delta?.promptTokenIds ?? []);
    };
    const [begin, ...before] = await promptOf('In the beginning', {});
    const behind = await promptOf('the earth', { addSpecial: false });
    expect(await promptOf('In the beginning', { suffix: 'the earth' })).toEqual([
      begin,
      10,
      ...before,
      11,
      ...behind,
      12,
    ]);
    const { usage } = await generate(instance, 'In the beginning', { ...GREEDY, suffix: 'the earth' });
    expect(usage?.completionTokens).toBe(16);
  });

  test('is refused by others', async () => {
    const instance = await load();
    expect(instance.description.tasks?.generate?.infill).toBe(false);
    expect((await generate(instance, PROMPT, { suffix: 'x' })).error).toEqual({
      code: 'unimplemented',
      message: "parameter 'suffix': the model has no tokens for what is to be filled in",
      subject: { parameter: 'suffix' },
    });
  });
});

describe('a prompt that may be cut', () => {
  const LONG = `${'And he said, '.repeat(200)}${PROMPT}`;

  test('keeps as many of its last tokens as are asked for', async () => {
    const instance = await load();
    const short = await generate(instance, PROMPT, { ...GREEDY, truncatePromptTokens: 100 });
    expect(short.usage?.promptTokens).toBe(22);
    const long = await generate(instance, LONG, { ...GREEDY, truncatePromptTokens: 22 });
    expect(long.usage).toMatchObject({ promptTokens: 22, completionTokens: 16 });
    const { text } = await generate(instance, LONG, { maxTokens: 0, echo: true, truncatePromptTokens: 22 });
    expect(LONG.endsWith(text.trim())).toBe(true);
    expect(text.length).toBeLessThan(PROMPT.length + 10);
  });

  test('leaves room for the answer where -1 is asked for', async () => {
    const instance = await load();
    const { usage, finishReason } = await generate(instance, LONG, { ...GREEDY, truncatePromptTokens: -1 });
    expect(usage).toMatchObject({ promptTokens: 240, completionTokens: 16 });
    expect(finishReason).toBe('length');
    const unlimited = await generate(instance, LONG, { truncatePromptTokens: -1, temperature: 0 });
    expect(unlimited.usage).toMatchObject({ promptTokens: 255, completionTokens: 1 });
  });

  test('is refused where what is left of it has no room', async () => {
    const instance = await load();
    const { error } = await generate(instance, LONG, { ...GREEDY, truncatePromptTokens: 300 });
    expect(error?.message).toBe(
      "the prompt is too long: it has 300 tokens; the model's context of 256 tokens has room for 255 and an answer",
    );
  });
});
