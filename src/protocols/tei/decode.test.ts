import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../core/index.js';
import { DECODERS } from './decode.js';
import type { TeiKind } from './request.js';

function refusal(kind: TeiKind, body: unknown): Pick<MillraceError, 'message' | 'reason'> {
  try {
    DECODERS[kind](body);
  } catch (error) {
    const { message, reason } = error as MillraceError;
    return { message, reason };
  }
  throw new Error('nothing was refused');
}

const named = (kind: TeiKind, body: unknown) => {
  const { inputs, ...rest } = DECODERS[kind](body);
  return { tensors: inputs.map(({ name, shape }) => `${name}[${shape.join()}]`), ...rest };
};

describe('bodies of TEI', () => {
  it('truncate and normalize unless they say otherwise, and count characters', () => {
    expect(named('embed', { inputs: ['aé', '\u{1f600}'] })).toEqual({
      tensors: ['text[2]'],
      count: 2,
      parameters: { truncate: true, normalize: true },
      place: 'inputs',
      characters: 3,
    });
    expect(
      named('embed', {
        inputs: [1, 2, 3],
        truncate: false,
        truncation_direction: 'Left',
        prompt_name: 'query',
        normalize: false,
        dimensions: 2,
        unknown: 1,
      }),
    ).toMatchObject({
      tensors: ['token_ids[1,3]'],
      parameters: {
        truncate: false,
        truncationDirection: 'left',
        promptName: 'query',
        normalize: false,
        dimensions: 2,
      },
      characters: 3,
    });
    expect(named('embedAll', { inputs: 'a' }).parameters).toEqual({
      truncate: true,
      pooling: 'none',
      normalize: false,
    });
    expect(named('embeddings', { input: 'ab', model: 5 })).toMatchObject({
      parameters: { truncate: true },
      characters: 2,
    });
  });

  it('of similarity put the source first, also at the address of the model', () => {
    const body = { inputs: { source_sentence: 'a', sentences: ['b', 'c'] }, parameters: { prompt_name: 'query' } };
    const expected = { compares: true, count: 3, parameters: { truncate: true, promptName: 'query', normalize: true } };
    expect(named('similarity', body)).toMatchObject(expected);
    expect(named('embed', body)).toMatchObject(expected);
  });

  it('of predict are a text, a pair, or several of either', () => {
    expect(named('predict', { inputs: 'a' })).toMatchObject({ tensors: ['text[1]'], isSingle: true });
    expect(named('predict', { inputs: ['a', 'b'] })).toMatchObject({
      tensors: ['text[1]', 'text_pair[1]'],
      isSingle: true,
    });
    const { isSingle, ...several } = named('predict', { inputs: [['a'], ['b']], raw_scores: true }) as {
      readonly isSingle?: true;
    };
    expect(isSingle).toBeUndefined();
    expect(several).toMatchObject({ tensors: ['text[2]'], parameters: { truncate: true, rawScores: true } });
  });

  it('of rerank keep the texts where they are to be in the answer', () => {
    const body = { query: 'q', texts: ['a', 'bc'] };
    expect(named('rerank', body)).toMatchObject({ tensors: ['query[1]', 'text[2]'], characters: 4 });
    expect(named('rerank', body)).not.toHaveProperty('texts');
    expect(named('rerank', { ...body, return_text: true })).toMatchObject({ texts: ['a', 'bc'] });
  });

  const EMPTY_TEXT = 'Input validation error: `inputs` cannot be empty';
  it.each<[TeiKind, unknown, string]>([
    ['embed', { inputs: '' }, EMPTY_TEXT],
    ['embed', { inputs: ['a', ''] }, EMPTY_TEXT],
    ['embed', { inputs: [] }, '`inputs` cannot be empty'],
    ['predict', { inputs: '' }, EMPTY_TEXT],
    ['predict', { inputs: [] }, '`inputs` cannot be empty'],
    ['rerank', { query: 'a', texts: [] }, '`texts` cannot be empty'],
    ['rerank', { query: '', texts: ['a'] }, EMPTY_TEXT],
    ['similarity', { inputs: { source_sentence: 'a', sentences: [] } }, '`inputs.sentences` cannot be empty'],
  ])('%s of %j is refused as empty', (kind, body, message) => {
    expect(refusal(kind, body)).toEqual({ message, reason: 'empty_input' });
  });

  it.each<[TeiKind, unknown, string]>([
    ['embed', { inputs: 'a', dimensions: 0 }, 'Input validation error: `dimensions` should be positive'],
    [
      'embed',
      {},
      "'inputs': expected a text, a list of texts, token ids, or a list of lists of token ids, got nothing",
    ],
    ['embed', { inputs: 'a', truncate: 1 }, "'truncate': expected true or false, got 1"],
    [
      'predict',
      { inputs: ['a', 'b', 'c'] },
      "'inputs': expected a text, a pair of texts, or a list of lists of one text or two",
    ],
    [
      'predict',
      { inputs: [['a'], ['a', 'b']] },
      'Input validation error: `inputs` must be texts or pairs of texts, not both',
    ],
    ['rerank', { texts: ['a'] }, "'query': expected a text, got nothing"],
  ])('%s of %j is refused', (kind, body, message) => {
    expect(refusal(kind, body).message).toContain(message);
    expect(refusal(kind, body).reason).toBeUndefined();
  });
});
