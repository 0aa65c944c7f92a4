import { expect, it } from 'vitest';
import { PromptReader } from './prompt-reader.js';

const PIECES = ['<s>', ' In', ' the', '!'];
const weights = { pieceOf: (token: number) => Buffer.from(PIECES[token] ?? '') };
/** Token 2 has half of the probability, token 1 a quarter. */
const LOGITS = Float32Array.of(Math.log(1), Math.log(2), Math.log(4), Math.log(1));

const reader = (tokens: readonly number[], text: string, count = 1) =>
  new PromptReader({ tokens: Int32Array.from(tokens), text, count, weights });

it('tells how probable each token was behind those before it, and nothing of the first', () => {
  const prompt = reader([1, 2, 3], ' In the!');
  const reports = prompt.read(0, [LOGITS, LOGITS, LOGITS]);
  expect(reports.map(({ token, logprob }) => [token, logprob])).toEqual([
    [' In', null],
    [' the', expect.closeTo(Math.log(0.5))],
    ['!', expect.closeTo(Math.log(0.125))],
  ]);
  expect(reports.map(({ topLogprobs: top }) => top.map(({ token }) => token))).toEqual([[], [' the'], [' the']]);
});

it('tells the same in parts, and nothing twice', () => {
  const prompt = reader([1, 2, 3], ' In the!');
  const parts = [prompt.read(0, [LOGITS]), prompt.read(1, [LOGITS]), prompt.read(0, [LOGITS, LOGITS, LOGITS])];
  expect(parts.map((reports) => reports.map(({ id }) => id))).toEqual([[1, 2], [3], []]);
});

it.each([
  ['what begins a text', [0, 1, 2], 'In the', ['', 'In', ' the']],
  ['a blank that the tokens begin with', [1, 2], 'In the', ['In', ' the']],
  ['nothing else', [0, 1], '<s> In', ['<s>', ' In']],
])('leaves out %s where the text has none', (_, tokens, text, expected) => {
  const reports = reader(tokens, text).read(0, Array(tokens.length).fill(LOGITS));
  expect(reports.map(({ token }) => token)).toEqual(expected);
});
