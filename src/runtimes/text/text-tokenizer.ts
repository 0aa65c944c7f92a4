import type { Encoding, Tokenizer } from 'tokenizers';
import { invalidArgument, type MillraceError, messageOf } from '../../core/index.js';
import { importOptional } from '../import-optional.js';

/** A text and, of a pair, the second one. */
export type TextRow = readonly [text: string, pair?: string];

export interface EncodeLimits {
  readonly maxTokens: number;
  /** What is left out of a text that is too long; undefined = it is refused. */
  readonly truncation: 'left' | 'right' | undefined;
  readonly addSpecialTokens: boolean;
}

export interface EncodedRow {
  readonly tokens: Int32Array;
  readonly firstTokens: number;
}

/** A job of more texts would keep those of others waiting. */
const ROWS_PER_JOB = 32;

/** The tokenizer of a model: a file `tokenizer.json` of Hugging Face's library. */
export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** Special tokens around a text, and around a pair. */
  readonly #added: { readonly one: number; readonly pair: number };

  private constructor(tokenizer: Tokenizer, added: { readonly one: number; readonly pair: number }) {
    this.#tokenizer = tokenizer;
    this.#added = added;
  }

  /** Rejects with `invalid_argument` for what is no tokenizer, `failed_precondition` where the library is not installed. */
  static async open(json: string): Promise<TextTokenizer> {
    const { Tokenizer: NativeTokenizer } = await importOptional(
      'text models',
      'tokenizers',
      () => import('tokenizers'),
    );
    let tokenizer: Tokenizer;
    try {
      tokenizer = NativeTokenizer.fromString(json);
    } catch (cause) {
      throw invalidArgument(`tokenizer.json cannot be read: ${messageOf(cause)}`, { cause });
    }
    // Files carry what somebody has used them with.
    tokenizer.disableTruncation();
    tokenizer.disablePadding();
    const added = async (pair: string | null) => {
      const length = async (addSpecialTokens: boolean) =>
        (await tokenizer.encode('a', pair, { addSpecialTokens })).getLength();
      return (await length(true)) - (await length(false));
    };
    return new TextTokenizer(tokenizer, { one: await added(null), pair: await added('a') });
  }

  /** Tokens that the vocabulary has. */
  get size(): number {
    return this.#tokenizer.getVocabSize(true);
  }

  /** Rejects with `invalid_argument`, reason `context_length_exceeded`, naming the row that is too long. */
  async encode(rows: readonly TextRow[], limits: EncodeLimits): Promise<readonly EncodedRow[]> {
    const encoded: EncodedRow[] = [];
    for (let start = 0; start < rows.length; start += ROWS_PER_JOB) {
      const job = rows.slice(start, start + ROWS_PER_JOB);
      const encodings = await this.#encodeJob(job, limits);
      for (const [index, encoding] of encodings.entries()) {
        const row = job[index] as TextRow;
        encoded.push(
          encoding.getLength() <= limits.maxTokens
            ? toRow(encoding, row)
            : await this.#cut(row, { ...limits, tokens: encoding.getLength(), index: start + index }),
        );
      }
    }
    return encoded;
  }

  #encodeJob(job: readonly TextRow[], { addSpecialTokens }: EncodeLimits): Promise<readonly Encoding[]> {
    const isPairs = job.some(([, pair]) => pair !== undefined);
    const options = { addSpecialTokens };
    // The library's batches have no pairs.
    if (isPairs) return Promise.all(job.map(([text, pair]) => this.#tokenizer.encode(text, pair ?? null, options)));
    return this.#tokenizer.encodeBatch(
      job.map(([text]) => text),
      options,
    );
  }

  async #cut(
    row: TextRow,
    {
      maxTokens,
      truncation,
      addSpecialTokens,
      tokens,
      index,
    }: EncodeLimits & { readonly tokens: number; readonly index: number },
  ): Promise<EncodedRow> {
    if (truncation === undefined) throw tooLong(index, `${tokens} tokens`, maxTokens);
    const [text, pair] = row;
    const added = addSpecialTokens ? (pair === undefined ? this.#added.one : this.#added.pair) : 0;
    const encode = (part: string) => this.#tokenizer.encode(part, null, { addSpecialTokens: false });
    const first = await encode(text);
    const second = pair === undefined ? undefined : await encode(pair);
    const lengths = [first.getLength(), second?.getLength() ?? 0] as const;
    const [firstRoom, secondRoom] = shareRoom(lengths, { maxTokens, added });
    cutTo(first, firstRoom, truncation);
    if (second !== undefined) cutTo(second, secondRoom, truncation);
    return toRow(this.#tokenizer.postProcess(first, second ?? null, addSpecialTokens), row);
  }
}

export function tooLong(index: number, size: string, maxTokens: number): MillraceError {
  return invalidArgument(
    `text ${index} is too long: it has ${size}; the model reads at most ${maxTokens} tokens: shorten it, or set truncate`,
    { reason: 'context_length_exceeded' },
  );
}

/**
 * Tokens that are left of each text of a pair, so that all fit into `maxTokens` with `added` special ones. The longer text is cut first, as by
 * `longest_first` of the library, whose order this follows where both are as long.
 */
export function shareRoom(
  [first, second]: readonly [number, number],
  { maxTokens, added }: { readonly maxTokens: number; readonly added: number },
): readonly [first: number, second: number] {
  const room = Math.max(0, maxTokens - added);
  if (first + second <= room) return [first, second];
  const lengths = [Math.min(first, maxTokens), Math.min(second, maxTokens)] as const;
  const isSwapped = lengths[0] > lengths[1];
  const shorter = Math.min(...lengths);
  const half = Math.floor(room / 2);
  const [one, other] = shorter <= half ? [shorter, room - shorter] : [half, room - half];
  return isSwapped ? [other, one] : [one, other];
}

function cutTo(encoding: Encoding, length: number, direction: 'left' | 'right'): void {
  if (encoding.getLength() > length) encoding.truncate(length, 0, direction);
}

function toRow(encoding: Encoding, [, pair]: TextRow): EncodedRow {
  const tokens = Int32Array.from(encoding.getIds());
  if (pair === undefined) return { tokens, firstTokens: tokens.length };
  const first = encoding.getTypeIds().indexOf(1);
  return { tokens, firstTokens: first < 0 ? tokens.length : first };
}
