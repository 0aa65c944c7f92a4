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

interface Report {
  readonly token: string;
  readonly id: number;
  readonly logprob: number | null;
  readonly top_logprobs: readonly { readonly token: string; readonly logprob: number }[];
}

const told = (emissions: readonly Emission[], name: string) =>
  emissions.flatMap(({ parameters }) => (parameters?.[name] ?? []) as unknown as readonly Report[]);

describe('the probabilities of a prompt', () => {
  test('are told of each of its tokens but the first, which follows nothing', async () => {
    const instance = await load();
    const { emissions, usage, finishReason } = await generate(instance, PROMPT, { max_tokens: 0, prompt_logprobs: 2 });
    const reports = told(emissions, 'prompt_logprobs');
    expect(reports).toHaveLength(22);
    expect(reports.map(({ token }) => token).join('')).toBe(PROMPT);
    expect(reports[0]).toMatchObject({ logprob: null, top_logprobs: [] });
    for (const { logprob, top_logprobs: top } of reports.slice(1)) {
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
    const answer = await generate(instance, PROMPT, { ...GREEDY, logprobs: 1, return_token_ids: true });
    const tokens = told(answer.emissions, 'logprobs');
    const whole = await generate(instance, `${PROMPT}${answer.text}`, { max_tokens: 0, prompt_logprobs: 1 });
    const prompt = told(whole.emissions, 'prompt_logprobs');
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
    const first = await generate(instance, PROMPT, { ...GREEDY, prompt_logprobs: 0 });
    const [again, other] = await Promise.all([
      runBatch(instance, [textItem(2, PROMPT, { ...GREEDY, prompt_logprobs: 0, echo: true })]),
      runBatch(instance, [textItem(3, PROMPT, GREEDY)]),
    ]);
    const ids = (emissions: readonly Emission[]) => told(emissions, 'prompt_logprobs').map(({ id }) => id);
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
    expect(instance.description.generates?.infill).toBe(true);
    const promptOf = async (prompt: string, parameters: object) => {
      const { emissions } = await generate(instance, prompt, { max_tokens: 0, return_token_ids: true, ...parameters });
      return told(emissions, 'prompt_token_ids') as unknown as readonly number[];
    };
    const [begin, ...before] = await promptOf('In the beginning', {});
    const behind = await promptOf('the earth', { add_special: false });
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
    expect(instance.description.generates?.infill).toBe(false);
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
    const short = await generate(instance, PROMPT, { ...GREEDY, truncate_prompt_tokens: 100 });
    expect(short.usage?.promptTokens).toBe(22);
    const long = await generate(instance, LONG, { ...GREEDY, truncate_prompt_tokens: 22 });
    expect(long.usage).toMatchObject({ promptTokens: 22, completionTokens: 16 });
    const { text } = await generate(instance, LONG, { max_tokens: 0, echo: true, truncate_prompt_tokens: 22 });
    expect(LONG.endsWith(text.trim())).toBe(true);
    expect(text.length).toBeLessThan(PROMPT.length + 10);
  });

  test('leaves room for the answer where -1 is asked for', async () => {
    const instance = await load();
    const { usage, finishReason } = await generate(instance, LONG, { ...GREEDY, truncate_prompt_tokens: -1 });
    expect(usage).toMatchObject({ promptTokens: 240, completionTokens: 16 });
    expect(finishReason).toBe('length');
    const unlimited = await generate(instance, LONG, { truncate_prompt_tokens: -1, temperature: 0 });
    expect(unlimited.usage).toMatchObject({ promptTokens: 255, completionTokens: 1 });
  });

  test.each([
    [{ truncate_prompt_tokens: 0 }, "parameter 'truncate_prompt_tokens': expected an integer from 1 on, or -1, got 0"],
    [
      { truncate_prompt_tokens: 300 },
      "the prompt is too long: it has 300 tokens; the model's context of 256 tokens has room for 255 and an answer",
    ],
    [
      { truncate_prompt_tokens: 3, suffix: 'x' },
      "parameter 'truncate_prompt_tokens': expected to be left out beside 'suffix'",
    ],
  ])('is refused with %j', async (parameters, message) => {
    const instance = await load();
    const { error } = await generate(instance, LONG, { ...GREEDY, ...parameters });
    expect(error?.message).toBe(message);
  });
});
