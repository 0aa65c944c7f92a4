import { expect, it } from 'vitest';
import type { Prompt } from '../../../core/index.js';
import { readPrompt } from './read-prompt.js';

const tokens = (count: number): Prompt => ({ kind: 'tokens', tokens: new Int32Array(count) });

it('takes a million tokens', () => {
  const prompt = readPrompt(tokens(1_048_576), 8);
  expect(prompt.kind === 'tokens' && prompt.tokens.length).toBe(1_048_576);
});

it('refuses more', () => {
  expect(() => readPrompt(tokens(1_048_577), 8)).toThrow(
    "input 'token_ids': expected at most 1048576 tokens, got 1048577",
  );
});
