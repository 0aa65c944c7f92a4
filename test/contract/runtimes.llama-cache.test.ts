import { expect, test } from 'vitest';
import type { Instance } from '../../src/runtimes/index.js';
import {
  generate,
  LOGPROB_TOLERANCE,
  PROMPT,
  TINY_MODEL,
  textItem,
  textOf,
  useLlamaHost,
} from '../support/llama-model.js';
import { createTestHost, loadSpec, runBatch } from '../support/test-host.js';
import { until } from '../support/until.js';

const { load } = useLlamaHost();

test('a model loads with a memory limit that follows the size of its file, as far as there is memory', async () => {
  const limitOf = async (memoryBytes: number) => {
    const { host, load: loadIn } = createTestHost({ maxRssBytes: 0, memoryBytes });
    const spec = { ...loadSpec({ runtime: 'llama', path: TINY_MODEL }), sizeBytes: 5_000_000_000 };
    const instance = await loadIn({ ...spec, options: { contextTokens: 256, slots: 1, threads: 1 } });
    const limit = instance.memoryLimit;
    await host.close();
    return limit;
  };
  const roomy = await limitOf(64e9);
  expect(roomy?.source).toBe('files');
  expect(roomy?.bytes).toBeGreaterThan(10_000_000_000);
  expect(await limitOf(8e9)).toMatchObject({ bytes: 8e9, source: 'machine' });
});

test('slots may share memory for the tokens that they hold: who does not fit waits, and is answered', async () => {
  const alone = await load();
  const first = { temperature: 0, maxTokens: 1, logprobs: 0 };
  const logprob = async (asked: Instance) => {
    const { emissions } = await generate(asked, PROMPT, first);
    return emissions[0]?.delta?.logprobs?.[0]?.logprob ?? Number.NaN;
  };
  const expected = await logprob(alone);
  const instance = await load({ cacheTokens: 256 });
  const parameters = { temperature: 0, maxTokens: 100, ignoreEos: true };
  // Two fit at a time.
  const running = [1, 2, 3, 4].map((callId) => {
    const answers = runBatch(instance, [textItem(callId, `${callId} ${PROMPT}`, parameters)]);
    instance.grant(callId, 10_000);
    return answers;
  });
  for (const { emissions } of await Promise.all(running)) {
    expect(emissions.at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 100 } });
    expect(textOf(emissions)).not.toBe('');
  }
  await until('all slots are free', () => instance.statistics?.().slots_busy === 0);
  const { kv_cache_used_tokens: used = 0, ...others } = instance.statistics?.() ?? {};
  expect(others).toMatchObject({ kv_cache_size_tokens: 256, requests_waiting: 0 });
  expect(used).toBeGreaterThan(100);
  expect(used).toBeLessThanOrEqual(256);
  // What others hold is not seen: the model says what it says with memory of its own.
  expect(Math.abs((await logprob(instance)) - expected)).toBeLessThan(LOGPROB_TOLERANCE);
});

test('a beginning is shared in it, too', async () => {
  const instance = await load({ cacheTokens: 512, contextTokens: 256 });
  const first = await generate(instance, PROMPT.repeat(4));
  const second = await generate(instance, `${PROMPT.repeat(4)} void`);
  expect(first.usage?.cachedTokens).toBe(0);
  expect(second.usage?.cachedTokens).toBeGreaterThan(32);
});

test.each([
  [{ cacheTokens: 255 }, 'llama.cacheTokens: expected at least the tokens of one context (256), got 255'],
  [{ cacheTokens: 512, deterministic: true }, 'llama.cacheTokens: expected to be left out beside llama.deterministic'],
])('%j is refused', async (options, message) => {
  await expect(load(options)).rejects.toThrow(message);
});
