import { expect, it } from 'vitest';
import { systemClock, Turns } from '../core/index.js';
import { usageOf } from './answer-usage.js';

const TURNS = new Turns(systemClock);
const read = (body: unknown) => usageOf(Buffer.from(JSON.stringify(body)), TURNS);

it.each([
  [
    'a chat',
    {
      prompt_tokens: 5,
      completion_tokens: 7,
      total_tokens: 12,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
  ],
  [
    'a response',
    {
      input_tokens: 5,
      output_tokens: 7,
      input_tokens_details: { cached_tokens: 2 },
      output_tokens_details: { reasoning_tokens: 3 },
    },
  ],
])('the usage of %s is read', async (_what, usage) => {
  expect(await read({ id: 'a', usage, choices: [{ text: '"usage"' }] })).toEqual({
    promptTokens: 5,
    cachedTokens: 2,
    completionTokens: 7,
    reasoningTokens: 3,
  });
});

it('the usage of embeddings has no tokens but those of the prompt', async () => {
  expect(await read({ usage: { prompt_tokens: 4, total_tokens: 4 } })).toMatchObject({
    promptTokens: 4,
    completionTokens: 0,
  });
});

it.each([
  {},
  { usage: null },
  { usage: 1 },
  { usage: { prompt_tokens: '4' } },
  { inner: { usage: { prompt_tokens: 4 } } },
])('an answer without one has none: %j', async (body) => {
  expect(await read(body)).toBeUndefined();
});

it('an answer that is no object has none', async () => {
  expect(await usageOf(Buffer.from('"usage"'), TURNS)).toBeUndefined();
});
