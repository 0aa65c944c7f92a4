import { expect, it } from 'vitest';
import { type AnswerEnd, formatStatistics } from './statistics.js';

const END: AnswerEnd = {
  usage: { promptTokens: 312, cachedTokens: 290, completionTokens: 101 },
  finishReason: 'stop',
  timing: { firstMs: 200, totalMs: 2_700 },
};

it.each<[string, Partial<AnswerEnd>, string]>([
  ['a whole answer', {}, '101 tokens · 40.0 tokens/s · first after 200 ms · prompt of 312 (290 cached)'],
  [
    'one that was cut off',
    { finishReason: 'length', usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 101 } },
    '101 tokens · 40.0 tokens/s · first after 200 ms · prompt of 3 · cut off at the limit of tokens',
  ],
  ['one that was stopped', { finishReason: undefined, usage: undefined }, 'stopped after 2.70 s · first after 200 ms'],
  [
    'an empty one',
    {
      usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 1 },
      timing: { firstMs: undefined, totalMs: 100 },
    },
    '1 token · prompt of 3',
  ],
])('of %s', (_, change, text) => {
  expect(formatStatistics({ ...END, ...change })).toBe(text);
});
