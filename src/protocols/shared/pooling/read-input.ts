import { invalidArgument, type MillraceError, type Tensor } from '../../../core/index.js';
import { type PoolingInput, tensorsOfPoolingInput } from '../../../pooling/index.js';
import { describe } from '../generation/fields.js';
import { ParameterError } from '../generation/parameter-error.js';

const FORM = 'a text, a list of texts, token ids, or a list of lists of token ids';
const MAX_TOKEN_ID = 2 ** 31 - 1;
/** Token ids of a request, each list as long as the longest: 16 MiB. */
const MAX_PADDED_IDS = 4_194_304;
const UTF8 = new TextEncoder();

/** UTF-8 of texts. */
export function encodeTexts(texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => UTF8.encode(text));
}

/**
 * A text, its token ids, or a list of either, at a place of a request. Throws `ParameterError`, and `invalid_argument` with the reason
 * `empty_input` for an empty list or text.
 */
export function readInput(value: unknown, place: string): PoolingInput {
  if (typeof value === 'string') return { kind: 'texts', texts: encodeTexts([readText(value, place)]) };
  if (!Array.isArray(value)) throw unexpected(place, FORM, value);
  const [first] = value;
  if (typeof first === 'number') return { kind: 'tokens', tokens: [readTokens(value, place)] };
  if (!Array.isArray(first)) return { kind: 'texts', texts: encodeTexts(readTexts(value, place)) };
  return { kind: 'tokens', tokens: value.map((tokens, index) => readTokens(tokens, `${place}[${index}]`)) };
}

/** A list of texts, at a place of a request. Throws as {@link readInput}. */
export function readTexts(value: unknown, place: string): readonly string[] {
  if (!Array.isArray(value)) throw unexpected(place, 'a list of texts', value);
  if (value.length === 0) throw emptyInput(place, `'${place}': expected at least one text, got an empty list`);
  return value.map((text, index) => readText(text, `${place}[${index}]`));
}

/** A text, at a place of a request. Throws as {@link readInput}. */
export function readText(value: unknown, place: string): string {
  if (typeof value !== 'string') throw unexpected(place, 'a text', value);
  if (value === '') throw emptyInput(place, `'${place}': expected a text, got an empty one`);
  return value;
}

/** Texts of an input, each of which is a row. */
export function textCount(input: PoolingInput): number {
  return input.kind === 'tokens' ? input.tokens.length : input.texts.length;
}

/** The input as tensors. Throws `ParameterError` where lists of token ids, made as long as the longest, would take too much memory. */
export function inputTensors(input: PoolingInput, place: string): readonly Tensor[] {
  if (input.kind === 'tokens') {
    const longest = input.tokens.reduce((most, { length }) => Math.max(most, length), 0);
    const padded = longest * input.tokens.length;
    if (padded > MAX_PADDED_IDS) {
      const expected = `expected at most ${MAX_PADDED_IDS} token ids, each list counted as long as the longest`;
      throw new ParameterError(place, `'${place}': ${expected}, got ${padded}`);
    }
  }
  return tensorsOfPoolingInput(input);
}

/** The error of an input in which there is nothing. */
export function emptyInput(place: string, message: string): MillraceError {
  return invalidArgument(message, { reason: 'empty_input', subject: { parameter: place } });
}

function readTokens(value: unknown, place: string): Int32Array {
  if (!Array.isArray(value)) throw unexpected(place, 'a list of token ids', value);
  if (value.length === 0) throw emptyInput(place, `'${place}': expected at least one token id, got an empty list`);
  const wrong = value.findIndex((id) => !Number.isInteger(id) || id < 0 || id > MAX_TOKEN_ID);
  if (wrong >= 0) throw unexpected(`${place}[${wrong}]`, `a token id from 0 to ${MAX_TOKEN_ID}`, value[wrong]);
  return Int32Array.from(value);
}

function unexpected(place: string, expected: string, value: unknown): ParameterError {
  return new ParameterError(place, `'${place}': expected ${expected}, got ${describe(value)}`);
}
