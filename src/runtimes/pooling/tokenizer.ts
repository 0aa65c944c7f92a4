import { invalidArgument, type MillraceError } from '../../core/index.js';
import type { TextToken } from '../../pooling/index.js';

/** A text and, of a pair, the second one. */
export type TextRow = readonly [text: string, pair?: string];

export interface EncodeLimits {
  readonly maxTokens: number;
  /** What is left out of a text that is too long; undefined = it is refused. */
  readonly truncation: 'left' | 'right' | undefined;
  readonly addSpecialTokens: boolean;
  /** The places of tokens are wanted, too. Default: not. */
  readonly wantsPlaces?: boolean;
}

export interface EncodedRow {
  readonly tokens: Int32Array;
  /** Tokens of the first text of a pair, with those around it; the others are of the second. As many as there are where it is no pair. */
  readonly firstTokens: number;
  /** Where they are wanted, the place of each token, as `token_places` of an answer. */
  readonly places?: Int32Array;
}

/** The tokenizer of a model that reads texts. */
export interface PoolingTokenizer {
  /** Rejects with `invalid_argument`, reason `context_length_exceeded`, naming the row that is too long. */
  encode(rows: readonly TextRow[], limits: EncodeLimits): Promise<readonly EncodedRow[]>;
  /** The tokens of each text, cut nowhere. Rejects with `invalid_argument` where they are more than `most` together. */
  describe(
    texts: readonly string[],
    options: Pick<EncodeLimits, 'addSpecialTokens'> & { readonly most: number },
  ): Promise<readonly (readonly TextToken[])[]>;
  /** The texts of token ids, which are in the vocabulary. */
  decode(rows: readonly Int32Array[], skipSpecialTokens: boolean): Promise<readonly string[]>;
  /** Gives everything back. Nothing is being tokenised. */
  close(): Promise<void>;
}

/** `index`: the text's number in its request. */
export function tooLong(index: number, size: TextSize, maxTokens: number): MillraceError {
  const [count, unit] = size.tokens === undefined ? [size.bytes, 'bytes'] : [size.tokens, 'tokens'];
  return invalidArgument(
    `text ${index} is too long: it has ${count} ${unit}; the model reads at most ${maxTokens} tokens: shorten it, or set truncate`,
    { reason: 'context_length_exceeded', ...(size.tokens !== undefined && { subject: { tokens: size.tokens } }) },
  );
}

/** Of a text that is not read: its tokens, or its bytes where these are too many to be tokenised. */
type TextSize =
  | { readonly tokens: number; readonly bytes?: undefined }
  | { readonly bytes: number; readonly tokens?: undefined };

/** A job of more texts would keep those of others waiting. */
const ROWS_PER_JOB = 32;

/** Rows job by job, each with the number of its first row. */
export function* jobsOf<Row>(rows: readonly Row[]): Generator<readonly [first: number, rows: readonly Row[]]> {
  for (let first = 0; first < rows.length; first += ROWS_PER_JOB) {
    yield [first, rows.slice(first, first + ROWS_PER_JOB)];
  }
}

export function tooManyToList(count: number, most: number): MillraceError {
  return invalidArgument(`the texts have ${count} tokens together; at most ${most} are listed`);
}

/**
 * Tokens that are left of each text of a pair, so that all fit into `maxTokens` with `added` special ones. The longer text is cut first, as by
 * `longest_first` of Hugging Face's tokenizers, whose order this follows where both are as long.
 */
export function shareRoom(
  [first, second]: readonly [number, number],
  { maxTokens, added }: { readonly maxTokens: number; readonly added: number },
): readonly [first: number, second: number] {
  const room = Math.max(0, maxTokens - added);
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  const [one, other] = shorter <= half ? [shorter, room - shorter] : [half, room - half];
  return first > second ? [other, one] : [one, other];
}
