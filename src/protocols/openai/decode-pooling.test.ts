import { describe, expect, it } from 'vitest';
import { Fields } from '../shared/generation/fields.js';
import { decodeClassify, decodeEmbedding, decodeScore } from './decode-pooling.js';

const embedding = (body: object) => decodeEmbedding(Fields.of({ model: 'm', ...body }));
const score = (body: object) => decodeScore(Fields.of({ model: 'm', ...body }));
const classify = (body: object) => decodeClassify(Fields.of({ model: 'm', ...body }));

describe('requests for embeddings', () => {
  it('are read with all parameters', () => {
    const { inputs, ...rest } = embedding({
      input: ['a', 'b'],
      encoding_format: 'base64',
      dimensions: 3,
      user: 'u',
      truncate_prompt_tokens: -1,
      add_special_tokens: false,
      normalize: false,
      input_type: 'query',
    });
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([['text', [2]]]);
    expect(rest).toEqual({
      model: 'm',
      count: 2,
      parameters: { truncate: true, addSpecialTokens: false, dimensions: 3, normalize: false, inputType: 'query' },
      place: 'input',
      format: 'base64',
    });
  });

  it.each([
    [{}, "'input': expected a text, a list of texts, token ids, or a list of lists of token ids, got nothing"],
    [{ input: 'a', dimensions: 0 }, "'dimensions': expected an integer of at least 1, got 0"],
    [{ input: 'a', encoding_format: 'int8' }, `'encoding_format': expected one of 'float', 'base64', got "int8"`],
    [{ input: 'a', truncate_prompt_tokens: 5 }, "'truncate_prompt_tokens' is not supported here"],
    [{ input: 'a', top_k: 1 }, "'top_k' is not a known parameter"],
  ])('%j is refused', (body, message) => {
    expect(() => embedding(body)).toThrow(message);
  });
});

describe('requests for scores and classes', () => {
  it('take one text beside several', () => {
    const { inputs, count, parameters } = score({
      text_1: ['q'],
      text_2: 'a',
      use_activation: false,
    });
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['query', [1]],
      ['text', [1]],
    ]);
    expect([count, parameters]).toEqual([1, { rawScores: true }]);
  });

  it.each([
    [{ text_2: ['a'] }, "'text_1': expected a text, got nothing"],
    [{ text_1: ['a', 'b'], text_2: ['a', 'b'] }, `'text_1': expected a text, or a list of one, got ["a","b"]`],
    [{ text_1: 'a', text_2: [] }, "'text_2': expected at least one text, got an empty list"],
  ])('%j is refused', (body, message) => {
    expect(() => score(body)).toThrow(message);
  });

  it('of classes take texts only', () => {
    expect(classify({ input: 'a' }).count).toBe(1);
    expect(() => classify({ input: [1] })).toThrow("'input': expected a text, or a list of texts, got [1]");
  });
});
