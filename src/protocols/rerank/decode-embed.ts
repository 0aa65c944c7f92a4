import { withoutUndefined } from '../../core/index.js';
import type { PoolingParameters } from '../../pooling/index.js';
import { Fields } from '../shared/generation/fields.js';
import { encodeTexts, inputTensors, readTexts } from '../shared/pooling/read-input.js';
import type { PoolingRequest } from '../shared/pooling/run.js';

/** How vectors are written. */
export const EMBEDDING_TYPES = ['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64'] as const;
export type EmbeddingType = (typeof EMBEDDING_TYPES)[number];

/** A request for embeddings in Cohere's form. */
export interface EmbedRequest extends PoolingRequest {
  readonly texts: readonly string[];
  /** Each once; undefined = the request names none. */
  readonly types: readonly EmbeddingType[] | undefined;
}

const INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering'] as const;
const TRUNCATIONS = ['NONE', 'START', 'END'] as const;

/** Reads the body of Cohere's `POST /v1/embed` and `/v2/embed`. Throws `ParameterError`, and `empty_input`. */
export function decodeEmbed(value: unknown): EmbedRequest {
  const fields = Fields.of(value);
  fields.ignore('model', 'priority');
  fields.unsupported('images', []);
  fields.unsupported('inputs', []);
  fields.unsupported('max_tokens');
  const texts = readTexts(fields.any('texts'), 'texts');
  const inputType = fields.choice('input_type', INPUT_TYPES);
  const parameters = withoutUndefined<PoolingParameters>({
    ...readTruncation(fields),
    inputType: inputType === 'search_query' ? 'query' : inputType === 'search_document' ? 'document' : undefined,
    dimensions: fields.integer('output_dimension', { least: 1, most: Number.MAX_SAFE_INTEGER }),
    // Numbers of a byte and bits are those of vectors whose length is 1.
    normalize: true,
  });
  const types = readTypes(fields);
  fields.end();
  const inputs = inputTensors({ kind: 'texts', texts: encodeTexts(texts) }, 'texts');
  return { inputs, count: texts.length, parameters, place: 'texts', texts, types };
}

function readTruncation(fields: Fields): PoolingParameters {
  const truncation = fields.choice('truncate', TRUNCATIONS) ?? 'END';
  if (truncation === 'NONE') return {};
  return truncation === 'START' ? { truncate: true, truncationDirection: 'left' } : { truncate: true };
}

function readTypes(fields: Fields): readonly EmbeddingType[] | undefined {
  const list = fields.any('embedding_types');
  if (list === undefined) return undefined;
  const types = Array.isArray(list) ? EMBEDDING_TYPES.filter((type) => list.includes(type)) : [];
  const isKnown = Array.isArray(list) && list.every((type) => types.includes(type));
  if (types.length > 0 && isKnown) return types;
  return fields.refuse('embedding_types', `a list of ${EMBEDDING_TYPES.map((type) => `'${type}'`).join(', ')}`);
}
