import { describe, expect, test } from 'vitest';
import type { GenerationParameters } from '../../src/core/index.js';
import type { Emission, Instance } from '../../src/runtimes/index.js';
import { textItem, textOf, useLlamaHost } from '../support/llama-model.js';
import { Random } from '../support/random.js';
import { runBatch } from '../support/test-host.js';

const WORDS = 'and the LORD said unto Moses in the beginning God created heaven earth was without form void'.split(' ');
const SLOTS = 16;

const { load } = useLlamaHost();

/** Texts of a word to a few hundred, many of which are longer than what is evaluated of a prompt at a time beside others. */
function prompts(count: number): readonly string[] {
  const random = new Random(10);
  return Array.from({ length: count }, (_, index) => {
    const length = random.integer(1, index % 4 === 0 ? 200 : 30);
    return Array.from({ length }, () => random.pick(WORDS)).join(' ');
  });
}

async function answerOf(instance: Instance, callId: number, prompt: string, parameters: GenerationParameters) {
  const running = runBatch(instance, [textItem(callId, prompt, parameters)]);
  instance.grant(callId, 1_000);
  return (await running).emissions;
}

/** What `ask` makes of each, so many at a time. */
async function atOnce<Given, Result>(
  given: readonly Given[],
  width: number,
  ask: (one: Given, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < given.length; index = next++)
      results[index] = await ask(given[index] as Given, index);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}

describe('what a language model says alone and beside others', () => {
  test.each<[string, GenerationParameters]>([
    ['the most probable tokens are taken', { temperature: 0 }],
    ['tokens are drawn with a seed', { temperature: 1, seed: 7 }],
  ])('is the same where it is to be deterministic, and %s', async (_, sampling) => {
    const instance = await load({ deterministic: true, slots: SLOTS, contextTokens: 512 });
    const parameters = { ...sampling, ignoreEos: true, maxTokens: 8 };
    const ask = async (prompt: string, index: number) => textOf(await answerOf(instance, index, prompt, parameters));
    const given = prompts(100);
    const alone = await atOnce(given, 1, ask);
    expect(await atOnce(given, SLOTS, ask)).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(20);
  });

  test('is nearly as probable where it is not', async () => {
    const given = prompts(64);
    const parameters = { temperature: 0, ignoreEos: true, maxTokens: 8, logprobs: 20 };
    const distributions = async (width: number) => {
      // One of its own, as what is held of prompts would be used again.
      const instance = await load({ slots: SLOTS, contextTokens: 512 });
      return atOnce(given, width, async (prompt, index) =>
        firstTokens(await answerOf(instance, index, prompt, parameters)),
      );
    };
    const [alone, together] = [await distributions(1), await distributions(SLOTS)];
    const differences = alone.flatMap((distribution, index) =>
      [...distribution].map(([token, probability]) => Math.abs(probability - (together[index]?.get(token) ?? 0))),
    );
    expect(differences.length).toBe(64 * 20);
    expect(Math.max(...differences)).toBeLessThan(1e-2);
  });
});

/** The probabilities of the most probable tokens for the first place of an answer. */
function firstTokens(emissions: readonly Emission[]): ReadonlyMap<number, number> {
  const [first] = emissions.flatMap(({ delta }) => delta?.logprobs ?? []);
  return new Map(first?.topLogprobs.map(({ id, logprob }) => [id, Math.exp(logprob ?? Number.NaN)]));
}
