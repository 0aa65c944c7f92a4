import { describe, expect, it } from 'vitest';
import { decodeEmbed } from './decode-embed.js';
import { decodeRerank } from './decode-rerank.js';

const shapes = (inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]) =>
  inputs.map(({ name, shape }) => `${name}[${shape.join()}]`);

describe('bodies of rerank', () => {
  it('of Cohere, Jina and vLLM have documents', () => {
    const { inputs, ...rest } = decodeRerank({
      model: 'm',
      query: 'q',
      documents: ['a', { text: 'b', id: 5 }],
      top_n: 1,
      return_documents: true,
      rank_fields: ['text'],
      max_chunks_per_doc: 1,
      max_tokens_per_doc: 4_096,
      truncate_prompt_tokens: -1,
    });
    expect(shapes(inputs)).toEqual(['query[1]', 'text[2]']);
    expect(rest).toEqual({
      count: 2,
      parameters: { truncate: true },
      place: 'documents',
      isTei: false,
      topN: 1,
      maxTokens: 4_096,
      texts: ['a', 'b'],
    });
  });

  it('of TEI have texts', () => {
    const { inputs, ...rest } = decodeRerank({
      query: 'q',
      texts: ['a'],
      raw_scores: true,
      truncation_direction: 'Left',
    });
    expect(shapes(inputs)).toEqual(['query[1]', 'text[1]']);
    expect(rest).toEqual({
      count: 1,
      parameters: { truncate: true, truncationDirection: 'left', rawScores: true },
      place: 'texts',
      isTei: true,
      topN: undefined,
      maxTokens: undefined,
      texts: undefined,
    });
  });

  it.each([
    [{ documents: ['a'] }, "'query': expected a text, got nothing"],
    [{ query: '', documents: ['a'] }, "'query': expected a text, got an empty one"],
    [{ query: 'q' }, "'documents': expected a list of texts, or of objects with a text, got nothing"],
    [{ query: 'q', documents: [] }, "'documents': expected at least one document, got an empty list"],
    [{ query: 'q', documents: ['a', { title: 'b' }] }, "'documents[1].text': expected a text, got nothing"],
    [{ query: 'q', documents: ['a', ''] }, "'documents[1]': expected a text, got an empty one"],
    [{ query: 'q', documents: [{ title: 'a' }], rank_fields: ['title'] }, "'rank_fields' is not supported here"],
    [{ query: 'q', documents: ['a'], max_chunks_per_doc: 10 }, "'max_chunks_per_doc' is not supported here"],
    [{ query: 'q', documents: ['a'], top_n: -1 }, "'top_n': expected an integer of at least 0, got -1"],
    [{ query: 'q', documents: ['a'], raw_scores: true }, "'raw_scores' is not a known parameter"],
    [{ query: 'q', texts: 'a' }, `'texts': expected a list of texts, got "a"`],
  ])('%j is refused', (body, message) => {
    expect(() => decodeRerank(body)).toThrow(message);
  });
});

describe("bodies of Cohere's embed", () => {
  it('are read with all parameters', () => {
    const { inputs, ...rest } = decodeEmbed({
      model: 'm',
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['binary', 'float', 'float'],
      truncate: 'START',
      output_dimension: 8,
    });
    expect(shapes(inputs)).toEqual(['text[2]']);
    expect(rest).toEqual({
      count: 2,
      parameters: {
        truncate: true,
        truncationDirection: 'left',
        inputType: 'query',
        dimensions: 8,
        normalize: true,
      },
      place: 'texts',
      texts: ['a', 'b'],
      types: ['float', 'binary'],
    });
  });

  it('truncate at the end, and name no types of vectors, unless they say otherwise', () => {
    expect(decodeEmbed({ texts: ['a'], input_type: 'clustering' })).toMatchObject({
      parameters: { truncate: true, normalize: true },
      types: undefined,
    });
    expect(decodeEmbed({ texts: ['a'], truncate: 'NONE' }).parameters).toEqual({ normalize: true });
  });

  const TYPES = "'float', 'int8', 'uint8', 'binary', 'ubinary', 'base64'";
  it.each([
    [{}, "'texts': expected a list of texts, got nothing"],
    [{ texts: ['a'], input_type: 'image' }, "'input_type': expected one of 'search_document'"],
    [{ texts: ['a'], embedding_types: ['int4'] }, `'embedding_types': expected a list of ${TYPES}, got ["int4"]`],
    [{ texts: ['a'], embedding_types: [] }, `'embedding_types': expected a list of ${TYPES}, got []`],
    [{ texts: ['a'], images: ['data:'] }, "'images' is not supported here"],
  ])('%j is refused', (body, message) => {
    expect(() => decodeEmbed(body)).toThrow(message);
  });
});
