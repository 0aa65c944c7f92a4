import { expect, it } from 'vitest';
import type { Library } from './open.js';
import { Weights } from './weights.js';

/** One that writes `piece` for each token, as llama.cpp does: where that does not fit, its size comes below zero. */
function setUp(piece: string) {
  const rooms: number[] = [];
  const library = {
    modelDefaults: {},
    llama_model_load_from_file: () => 1n,
    llama_model_has_decoder: () => true,
    llama_model_has_encoder: () => false,
    llama_model_get_vocab: () => 2n,
    llama_vocab_n_tokens: () => 1,
    llama_model_n_ctx_train: () => 64,
    llama_model_chat_template: () => null,
    llama_token_to_piece: () => 4_000,
    llama_detokenize: (_: bigint, __: Int32Array, count: number, buffer: Buffer, room: number) => {
      rooms.push(room);
      const text = piece.repeat(count);
      if (text.length > room) return -text.length;
      return buffer.write(text);
    },
  };
  return { rooms, weights: Weights.load(library as unknown as Library, 'model.gguf', 0) };
}

it('makes text of tokens in a room that does not depend on the longest of the vocabulary', () => {
  const { rooms, weights } = setUp('four');
  expect(weights.detokenize(new Int32Array(1_000))).toBe('four'.repeat(1_000));
  expect(rooms).toEqual([8_064]);
});

it('takes as much room as longer tokens need', () => {
  const { rooms, weights } = setUp('generation ');
  expect(weights.detokenize(new Int32Array(1_000))).toBe('generation '.repeat(1_000));
  expect(rooms).toEqual([8_064, 11_000]);
});
