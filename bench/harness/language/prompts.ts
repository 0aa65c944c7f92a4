import { createRandom } from '../../../src/statistics/index.js';
import type { StreamRequest } from './stream.js';

/** Common words of SmolLM2's vocabulary, so that answers are mostly text, too. */
const FIRST_TOKEN = 300;
const LAST_TOKEN = 12_000;

/** Tokens that begin like those of no other seed. */
export function randomPrompt(tokens: number, seed: number): readonly number[] {
  const random = createRandom(seed + 1);
  return Array.from({ length: tokens }, () => FIRST_TOKEN + Math.floor(random() * (LAST_TOKEN - FIRST_TOKEN)));
}

/** A completion of so many tokens, the most probable ones, whatever they are. */
export function completionOf(prompt: readonly number[], tokens: number): StreamRequest {
  return {
    path: '/v1/completions',
    body: { prompt, max_tokens: tokens, temperature: 0, ignore_eos: true },
  };
}
