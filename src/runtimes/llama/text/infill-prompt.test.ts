import { expect, it } from 'vitest';
import { infillPrompt } from './infill-prompt.js';

const read = { addSpecial: true, parseSpecial: false };
const weights = {
  infillTokens: { prefix: 10, suffix: 11, middle: 12 },
  tokenize: (text: string, { addSpecial }: { readonly addSpecial: boolean }) =>
    Int32Array.from([...(addSpecial ? [1] : []), ...Buffer.from(text)]),
};

it('puts both texts behind their tokens, and the beginning of a text before them', () => {
  expect(Array.from(infillPrompt(weights, { before: 'a', suffix: 'b', read }))).toEqual([1, 10, 97, 11, 98, 12]);
});

it('takes long texts', () => {
  const long = { ...weights, tokenize: () => new Int32Array(400_000) };
  const prompt = infillPrompt(long, { before: 'a', suffix: 'b', read: { ...read, addSpecial: false } });
  expect(prompt).toHaveLength(800_003);
});
