import { withoutUndefined } from '../../core/index.js';
import type { PoolingParameters } from '../../pooling/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { decodeEmbeddings, type EmbeddingsRequest, readLengthParameters } from '../shared/pooling/embeddings.js';
import { encodeTexts, inputTensors, readInput, readText, readTexts, textCount } from '../shared/pooling/read-input.js';
import type { PoolingRequest } from '../shared/pooling/run.js';

interface Named {
  readonly model: string;
}

export type EmbeddingRequest = EmbeddingsRequest & Named;
export type ScoreRequest = PoolingRequest & Named;

/** Reads `POST /v1/embeddings`. Throws `ParameterError`, and `empty_input`. */
export function decodeEmbedding(fields: Fields): EmbeddingRequest {
  return { model: modelOf(fields), ...decodeEmbeddings(fields) };
}

/** Reads vLLM's `POST /score`: one text beside several. Throws as {@link decodeEmbedding}. */
export function decodeScore(fields: Fields): ScoreRequest {
  const model = modelOf(fields);
  const query = readQuery(fields);
  const value = fields.any('text_2');
  const texts = typeof value === 'string' ? [readText(value, 'text_2')] : readTexts(value, 'text_2');
  const parameters = readScoreParameters(fields);
  fields.end();
  const [encoded = new Uint8Array()] = encodeTexts([query]);
  const inputs = inputTensors({ kind: 'query', query: encoded, texts: encodeTexts(texts) }, 'text_2');
  return { model, inputs, count: texts.length, parameters, place: 'text_2' };
}

/** Reads vLLM's `POST /classify`. Throws as {@link decodeEmbedding}. */
export function decodeClassify(fields: Fields): ScoreRequest {
  const model = modelOf(fields);
  const input = readInput(fields.any('input'), 'input');
  if (input.kind === 'tokens') fields.refuse('input', 'a text, or a list of texts');
  const parameters = readScoreParameters(fields);
  fields.end();
  return { model, inputs: inputTensors(input, 'input'), count: textCount(input), parameters, place: 'input' };
}

function modelOf(fields: Fields): string {
  return fields.string('model') ?? fields.refuse('model', 'the name of a model');
}

/** A text, or a list of one. */
function readQuery(fields: Fields): string {
  const value = fields.any('text_1');
  if (!Array.isArray(value)) return readText(value, 'text_1');
  const [only, second] = readTexts(value, 'text_1');
  if (only === undefined || second !== undefined) return fields.refuse('text_1', 'a text, or a list of one');
  return only;
}

function readScoreParameters(fields: Fields): PoolingParameters {
  fields.ignore('user', 'priority');
  const activates = fields.boolean('use_activation') ?? true;
  return {
    ...readLengthParameters(fields),
    ...withoutUndefined<PoolingParameters>({ rawScores: activates ? undefined : true }),
  };
}
