import { isObject, withoutUndefined } from '../../core/index.js';
import type { PoolingParameters } from '../../pooling/index.js';
import { Fields } from '../shared/generation/fields.js';
import { emptyInput, encodeTexts, inputTensors, readText, readTexts } from '../shared/pooling/read-input.js';
import type { PoolingRequest } from '../shared/pooling/run.js';

/** Texts that are to be ranked for a query. */
export interface RerankRequest extends PoolingRequest {
  /** The answer has TEI's form. */
  readonly isTei: boolean;
  /** Texts in the answer, the best ones. Default: all. */
  readonly topN: number | undefined;
  /** Tokens of each document that are read at most, where the request says it. */
  readonly maxTokens: number | undefined;
  /** The texts, where they are to be in the answer. */
  readonly texts: readonly string[] | undefined;
}

const DIRECTIONS = ['Left', 'Right', 'left', 'right'] as const;
const ALL = Number.MAX_SAFE_INTEGER;

/** Reads a body of Cohere's, Jina's or vLLM's, or one of TEI's, which has `texts`. Throws `ParameterError`, and `empty_input`. */
export function decodeRerank(value: unknown): RerankRequest {
  const fields = Fields.of(value);
  fields.ignore('model', 'user', 'priority');
  const query = readText(fields.any('query'), 'query');
  const topN = fields.integer('top_n', { least: 0, most: ALL }) || undefined;
  const isTei = fields.any('texts') !== undefined;
  const read = isTei ? readTei(fields) : readDocuments(fields);
  fields.end();
  const { texts, place, returns, ...rest } = read;
  const [encoded = new Uint8Array()] = encodeTexts([query]);
  const inputs = inputTensors({ kind: 'query', query: encoded, texts: encodeTexts(texts) }, place);
  return { ...rest, inputs, count: texts.length, place, isTei, topN, texts: returns ? texts : undefined };
}

interface Read extends Pick<RerankRequest, 'parameters' | 'place' | 'maxTokens'> {
  readonly texts: readonly string[];
  readonly returns: boolean;
}

function readTei(fields: Fields): Read {
  const direction = fields.choice('truncation_direction', DIRECTIONS)?.toLowerCase();
  return {
    texts: readTexts(fields.any('texts'), 'texts'),
    place: 'texts',
    returns: fields.boolean('return_text') ?? false,
    maxTokens: undefined,
    parameters: withoutUndefined<PoolingParameters>({
      truncate: fields.boolean('truncate') ?? true,
      truncationDirection: direction === 'left' ? direction : undefined,
      rawScores: fields.boolean('raw_scores'),
    }),
  };
}

function readDocuments(fields: Fields): Read {
  // There is one text to rank by in each document, and documents are not split.
  fields.unsupported('rank_fields', ['text']);
  fields.unsupported('max_chunks_per_doc', 1);
  fields.unsupported('truncate_prompt_tokens', -1);
  return {
    texts: readList(fields),
    place: 'documents',
    returns: fields.boolean('return_documents') ?? false,
    maxTokens: fields.integer('max_tokens_per_doc', { least: 1, most: ALL }),
    parameters: { truncate: true },
  };
}

/** Documents are texts, or objects with one. */
function readList(fields: Fields): readonly string[] {
  const list = fields.any('documents');
  if (!Array.isArray(list)) return fields.refuse('documents', 'a list of texts, or of objects with a text');
  if (list.length === 0) {
    throw emptyInput('documents', "'documents': expected at least one document, got an empty list");
  }
  return list.map((document, index) => {
    const place = `documents[${index}]`;
    return isObject(document) ? readText(document.text, `${place}.text`) : readText(document, place);
  });
}
