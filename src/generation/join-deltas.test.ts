import { expect, it } from 'vitest';
import type { GenerationDelta } from '../core/index.js';
import { joinDeltas, joinToolCalls, sizeOfDelta } from './join-deltas.js';

const token = (id: number) => ({ token: String(id), id, logprob: -1, bytes: [48 + id], topLogprobs: [] });

it('adds what all pieces add, in their order', () => {
  const pieces: readonly GenerationDelta[] = [
    { text: '', reasoning: 'I ', promptTokenIds: [7] },
    { text: 'In ', reasoning: 'see.', logprobs: [token(1)], tokenIds: [1] },
    { text: 'the', logprobs: [token(2)], tokenIds: [2] },
    { text: '', toolCalls: [{ index: 0, id: 'c', name: 'f', arguments: '' }] },
    { text: '', toolCalls: [{ index: 0, arguments: '{}' }], stopSequence: 'And' },
  ];
  expect(joinDeltas(pieces)).toEqual({
    text: 'In the',
    reasoning: 'I see.',
    toolCalls: [
      { index: 0, id: 'c', name: 'f', arguments: '' },
      { index: 0, arguments: '{}' },
    ],
    logprobs: [token(1), token(2)],
    tokenIds: [1, 2],
    promptTokenIds: [7],
    stopSequence: 'And',
  });
});

it('has no members that no piece has', () => {
  expect(joinDeltas([{ text: 'a' }, { text: 'b' }])).toEqual({ text: 'ab' });
});

it('joins the pieces of a long answer', () => {
  const count = 120_000;
  const joined = joinDeltas(Array.from({ length: count }, (_, id) => ({ text: 'a', tokenIds: [id] })));
  expect([joined.text.length, joined.tokenIds?.length]).toEqual([count, count]);
});

it('joins the pieces of each call', () => {
  expect(
    joinToolCalls([
      { index: 0, id: 'a', name: 'f', arguments: '' },
      { index: 0, arguments: '{"x":' },
      { index: 1, id: 'b', name: 'g', arguments: '{}' },
      { index: 0, arguments: '1}' },
    ]),
  ).toEqual([
    { index: 0, id: 'a', name: 'f', arguments: '{"x":1}' },
    { index: 1, id: 'b', name: 'g', arguments: '{}' },
  ]);
});

it('counts what a delta holds besides its text', () => {
  const plain = sizeOfDelta({ text: 'a'.repeat(1_000) });
  const rich = sizeOfDelta({ text: '', reasoning: 'ab', logprobs: [token(1)], tokenIds: [1], toolCalls: [] });
  expect([plain, rich]).toEqual([0, 4 + 64 + 8 + 8]);
});
