import { expect, it } from 'vitest';
import type { Tensor } from '../../../core/index.js';
import { readPrompt } from './read-prompt.js';

const tokenIds = (count: number): Tensor => ({
  name: 'token_ids',
  datatype: 'INT32',
  shape: [count],
  data: new Uint8Array(count * 4),
});

it('takes a million tokens', () => {
  const prompt = readPrompt([tokenIds(1_048_576)], 8);
  expect(prompt.kind === 'tokens' && prompt.tokens.length).toBe(1_048_576);
});

it('refuses more', () => {
  expect(() => readPrompt([tokenIds(1_048_577)], 8)).toThrow(
    "input 'token_ids': expected at most 1048576 tokens, got 1048577",
  );
});
