import { expect, it } from 'vitest';
import type { GenerationDelta } from '../core/index.js';
import { checkDelta } from './check-delta.js';

const token = { token: 'a', id: 1, logprob: -1, bytes: [97], topLogprobs: [] };

it.each<GenerationDelta>([
  { text: '' },
  { text: 'a', reasoning: 'b', tokenIds: [1], promptTokenIds: [], logprobs: [token], promptLogprobs: [token] },
  { text: '', toolCalls: [{ index: 0, id: 'c', name: 'f', arguments: '' }] },
])('a delta may be %j', (delta) => {
  expect(() => checkDelta(delta)).not.toThrow();
});

it.each([
  [{}, 'text: expected a string'],
  [{ text: '', reasoning: 1 }, 'reasoning: expected a string'],
  [{ text: '', stopSequence: 1 }, 'stopSequence: expected a string'],
  [{ text: '', tokenIds: 1 }, 'tokenIds: expected a list'],
  [{ text: '', toolCalls: [{ index: -1, arguments: '' }] }, 'toolCalls[].index: expected an integer from 0 on'],
  [{ text: '', toolCalls: [{ index: 0 }] }, 'toolCalls[].arguments: expected a string'],
  [{ text: '', logprobs: [{ token: 'a' }] }, 'logprobs[]: expected a token with bytes and topLogprobs'],
])('a delta is not %j', (delta, problem) => {
  expect(() => checkDelta(delta as unknown as GenerationDelta)).toThrow(
    `the model's answer is wrong: delta.${problem}`,
  );
});
