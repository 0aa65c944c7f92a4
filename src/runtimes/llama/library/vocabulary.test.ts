import { expect, it } from 'vitest';
import { Vocabulary, type VocabularyFunctions } from './vocabulary.js';

/** One that writes `piece` for each token, as llama.cpp does: where that does not fit, its size comes below zero. */
function setUp(piece: string) {
  const rooms: number[] = [];
  const library = {
    llama_vocab_n_tokens: () => 1,
    llama_detokenize: (_: bigint, __: Int32Array, count: number, buffer: Buffer, room: number) => {
      rooms.push(room);
      const text = piece.repeat(count);
      if (text.length > room) return -text.length;
      return buffer.write(text);
    },
  };
  return { rooms, vocabulary: new Vocabulary(library as unknown as VocabularyFunctions, 2n) };
}

it('makes text of tokens in a room that does not depend on the longest of the vocabulary', () => {
  const { rooms, vocabulary } = setUp('four');
  expect(vocabulary.detokenize(new Int32Array(1_000))).toBe('four'.repeat(1_000));
  expect(rooms).toEqual([8_064]);
});

it('takes as much room as longer tokens need', () => {
  const { rooms, vocabulary } = setUp('generation ');
  expect(vocabulary.detokenize(new Int32Array(1_000))).toBe('generation '.repeat(1_000));
  expect(rooms).toEqual([8_064, 11_000]);
});
