import { invalidArgument, isObject, withoutUndefined } from '../../core/index.js';
import type { PoolingInput, PoolingParameters } from '../../pooling/index.js';
import { Fields } from '../shared/generation/fields.js';
import { decodeEmbeddings } from '../shared/pooling/embeddings.js';
import {
  emptyInput,
  encodeTexts,
  inputTensors,
  readInput,
  readText,
  readTexts,
  textCount,
} from '../shared/pooling/read-input.js';
import type { TeiKind, TeiRequest, TeiRequests } from './request.js';
import { decodeTokenClasses } from './token-classes.js';
import { decodeZeroShot, namesClasses } from './zero-shot.js';

const DIRECTIONS = ['Left', 'Right', 'left', 'right'] as const;
const EMPTY_TEXT = 'Input validation error: `inputs` cannot be empty';
const PREDICT_FORM = 'a text, a pair of texts, or a list of lists of one text or two';

/** How bodies are read. All throw `ParameterError`, and `empty_input`; unknown members are ignored, as TEI does. */
export const DECODERS: { readonly [Kind in TeiKind]: (value: unknown) => TeiRequests[Kind] } = {
  embed: decodeEmbed,
  embedAll: (value) => decodeVectors(value, { pooling: 'none', normalize: false }),
  embedSparse: (value) => decodeVectors(value, {}),
  similarity: (value) => decodeSimilarity(Fields.of(value)),
  predict: decodePredict,
  tokenClasses: decodeEntities,
  rerank: decodeRerank,
  embeddings: decodeOpenAi,
  tokenize: decodeTokenize,
  decode: decodeDecode,
};

function decodeEmbed(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  // As clients send it to the model's own address.
  if (isObject(fields.any('inputs'))) return decodeSimilarity(fields);
  const dimensions = fields.integer('dimensions', { least: 0, most: Number.MAX_SAFE_INTEGER });
  if (dimensions === 0) throw invalidArgument('Input validation error: `dimensions` should be positive');
  const normalize = fields.boolean('normalize') ?? true;
  return decodeVectors(value, withoutUndefined<PoolingParameters>({ normalize, dimensions }));
}

/** `vectors`: how they are given. */
function decodeVectors(value: unknown, vectors: PoolingParameters): TeiRequest {
  const fields = Fields.of(value);
  const given = fields.any('inputs');
  checkInputs(given);
  const input = readInput(given, 'inputs');
  return {
    inputs: inputTensors(input, 'inputs'),
    count: textCount(input),
    parameters: { ...readReading(fields), ...readPrompt(fields), ...vectors },
    place: 'inputs',
    characters: charactersOf(given),
  };
}

function decodeSimilarity(fields: Fields): TeiRequest {
  const inputs = Fields.of(fields.any('inputs'), 'inputs');
  const source = readText(inputs.any('source_sentence'), 'inputs.source_sentence');
  const sentences = inputs.any('sentences');
  checkList(sentences, 'inputs.sentences');
  const texts = [source, ...readTexts(sentences, 'inputs.sentences')];
  const parameters = fields.any('parameters');
  const options = Fields.of(parameters ?? {}, 'parameters');
  return {
    inputs: inputTensors({ kind: 'texts', texts: encodeTexts(texts) }, 'inputs'),
    count: texts.length,
    parameters: { ...readReading(options), ...readPrompt(options), normalize: true },
    place: 'inputs',
    characters: charactersOf(texts),
    compares: true,
  };
}

function decodePredict(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  const given = fields.any('inputs');
  const parameters = fields.any('parameters');
  if (namesClasses(parameters)) {
    checkInputs(given);
    const texts = readTexts([given].flat(), 'inputs');
    const isOne = typeof given === 'string' && ({ isSingle: true } as const);
    return { ...decodeZeroShot(texts, parameters), characters: charactersOf(texts), ...isOne };
  }
  const isSingle = typeof given === 'string' || (Array.isArray(given) && typeof given[0] === 'string');
  checkList(given, 'inputs');
  const rows = isSingle ? [[given].flat()] : given;
  if (!Array.isArray(rows) || !rows.every((row) => isTextOrPair(row))) return fields.refuse('inputs', PREDICT_FORM);
  checkInputs(rows.flat());
  const input = textsOrPairs(rows);
  return {
    inputs: inputTensors(input, 'inputs'),
    count: rows.length,
    parameters: { ...readReading(fields), ...readRawScores(fields) },
    place: 'inputs',
    characters: charactersOf(rows.flat()),
    ...(isSingle && { isSingle }),
  };
}

function decodeEntities(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  const given = fields.any('inputs');
  checkInputs(given);
  return { ...decodeTokenClasses(given, fields.any('parameters')), characters: charactersOf(given) };
}

function isTextOrPair(row: unknown): row is readonly [string] | readonly [string, string] {
  return Array.isArray(row) && (row.length === 1 || row.length === 2) && row.every((text) => typeof text === 'string');
}

function textsOrPairs(rows: readonly (readonly [string] | readonly [string, string])[]): PoolingInput {
  const texts = encodeTexts(rows.map(([text]) => text));
  const pairs = rows.flatMap(([, pair]) => (pair === undefined ? [] : [pair]));
  if (pairs.length === 0) return { kind: 'texts', texts };
  if (pairs.length === rows.length) return { kind: 'pairs', texts, pairs: encodeTexts(pairs) };
  throw invalidArgument('Input validation error: `inputs` must be texts or pairs of texts, not both');
}

function decodeRerank(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  const query = fields.any('query');
  const given = fields.any('texts');
  checkList(given, 'texts');
  checkInputs([query, given].flat());
  const texts = readTexts(given, 'texts');
  const [encoded = new Uint8Array()] = encodeTexts([readText(query, 'query')]);
  return {
    inputs: inputTensors({ kind: 'query', query: encoded, texts: encodeTexts(texts) }, 'texts'),
    count: texts.length,
    parameters: { ...readReading(fields), ...readRawScores(fields) },
    place: 'texts',
    characters: charactersOf([query, texts].flat()),
    ...(fields.boolean('return_text') && { texts }),
  };
}

/** It has no member about truncation. */
function decodeOpenAi(value: unknown): TeiRequests['embeddings'] {
  const fields = Fields.of(value);
  const request = decodeEmbeddings(fields);
  const characters = charactersOf(fields.any('input'));
  return { ...request, characters, parameters: { truncate: true, ...request.parameters } };
}

function decodeTokenize(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  const given = fields.any('inputs');
  checkInputs(given);
  const texts = readTexts([given].flat(), 'inputs');
  const addSpecialTokens = fields.boolean('add_special_tokens') ?? true;
  return {
    inputs: inputTensors({ kind: 'texts', texts: encodeTexts(texts) }, 'inputs'),
    count: texts.length,
    parameters: { ...readPrompt(fields), addSpecialTokens, only: 'tokens' },
    place: 'inputs',
    characters: charactersOf(texts),
  };
}

function decodeDecode(value: unknown): TeiRequest {
  const fields = Fields.of(value);
  const given = fields.any('ids');
  checkList(given, 'ids');
  const input = readInput(given, 'ids');
  if (input.kind !== 'tokens') return fields.refuse('ids', 'token ids, or a list of lists of them');
  const skipSpecialTokens = fields.boolean('skip_special_tokens') ?? true;
  return {
    inputs: inputTensors(input, 'ids'),
    count: textCount(input),
    parameters: { skipSpecialTokens, only: 'text' },
    place: 'ids',
    characters: 0,
  };
}

function readReading(fields: Fields): PoolingParameters {
  const direction = fields.choice('truncation_direction', DIRECTIONS)?.toLowerCase();
  return withoutUndefined<PoolingParameters>({
    truncate: fields.boolean('truncate') ?? true,
    truncationDirection: direction === 'left' ? direction : undefined,
  });
}

function readPrompt(fields: Fields): PoolingParameters {
  return withoutUndefined<PoolingParameters>({ promptName: fields.string('prompt_name') });
}

function readRawScores(fields: Fields): PoolingParameters {
  return withoutUndefined<PoolingParameters>({ rawScores: fields.boolean('raw_scores') });
}

/** Refuses what is empty in TEI's words. */
function checkInputs(value: unknown): void {
  checkList(value, 'inputs');
  if (value === '' || (Array.isArray(value) && value.includes(''))) throw emptyInput('inputs', EMPTY_TEXT);
}

function checkList(value: unknown, place: string): void {
  if (Array.isArray(value) && value.length === 0) throw emptyInput(place, `\`${place}\` cannot be empty`);
}

/** Characters of texts, or token ids. */
function charactersOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each: unknown) => sum + charactersOf(each), 0);
  if (typeof value !== 'string') return 1;
  let count = 0;
  for (const _ of value) count++;
  return count;
}
