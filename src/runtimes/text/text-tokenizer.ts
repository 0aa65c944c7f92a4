import type { Encoding, Tokenizer } from 'tokenizers';
import { invalidArgument, messageOf } from '../../core/index.js';
import type { TextToken } from '../../pooling/index.js';
import { importOptional } from '../import-optional.js';
import {
  type EncodedRow,
  type EncodeLimits,
  jobsOf,
  type PoolingTokenizer,
  shareRoom,
  type TextRow,
  tooLong,
  tooManyToList,
} from '../pooling/tokenizer.js';

/** The tokenizer of a model: a file `tokenizer.json` of Hugging Face's library. */
export class TextTokenizer implements PoolingTokenizer {
  readonly #tokenizer: Tokenizer;

  private constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
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
    // A file keeps the settings of its last use.
    tokenizer.disableTruncation();
    tokenizer.disablePadding();
    return new TextTokenizer(tokenizer);
  }

  /** Tokens that the vocabulary has. */
  get size(): number {
    return this.#tokenizer.getVocabSize(true);
  }

  /** Id of the token for what the vocabulary lacks; undefined = there is none. `json`: its file. */
  unknownToken(json: string): number | undefined {
    const { model } = JSON.parse(json) as { readonly model?: Readonly<Record<'unk_token' | 'unk_id', unknown>> };
    // Unigram's files have the id.
    if (typeof model?.unk_id === 'number') return model.unk_id;
    const token = model?.unk_token;
    return (typeof token === 'string' ? this.#tokenizer.tokenToId(token) : null) ?? undefined;
  }

  async encode(rows: readonly TextRow[], limits: EncodeLimits): Promise<readonly EncodedRow[]> {
    const encoded: EncodedRow[] = [];
    for await (const [encoding, row] of this.#encodings(rows, limits)) {
      const tokens = encoding.getLength();
      if (tokens > limits.maxTokens && limits.truncation === undefined) {
        throw tooLong(encoded.length, { tokens }, limits.maxTokens);
      }
      encoded.push(tokens > limits.maxTokens ? cutRow(encoding, limits) : toRow(encoding, row, limits));
    }
    return encoded;
  }

  async describe(
    texts: readonly string[],
    { most, addSpecialTokens }: Pick<EncodeLimits, 'addSpecialTokens'> & { readonly most: number },
  ): Promise<readonly (readonly TextToken[])[]> {
    const described: (readonly TextToken[])[] = [];
    let count = 0;
    for await (const [encoding, [text]] of this.#encodings(
      texts.map((each) => [each] as const),
      { addSpecialTokens },
    )) {
      count += encoding.getLength();
      // Of more tokens, only the number is kept.
      if (count <= most) described.push(describeTokens(encoding, text));
    }
    if (count <= most) return described;
    throw tooManyToList(count, most);
  }

  decode(rows: readonly Int32Array[], skipSpecialTokens: boolean): Promise<readonly string[]> {
    return this.#tokenizer.decodeBatch(
      rows.map((row) => [...row]),
      skipSpecialTokens,
    );
  }

  async close(): Promise<void> {
    // Its memory goes with the process.
  }

  /** Rows with their tokens, a job at a time. */
  async *#encodings(
    rows: readonly TextRow[],
    { addSpecialTokens }: Pick<EncodeLimits, 'addSpecialTokens'>,
  ): AsyncGenerator<readonly [Encoding, TextRow]> {
    const options = { addSpecialTokens };
    for (const [, job] of jobsOf(rows)) {
      // The library's batches have no pairs.
      const encodings = job.some(([, pair]) => pair !== undefined)
        ? await Promise.all(job.map(([text, pair]) => this.#tokenizer.encode(text, pair ?? null, options)))
        : await this.#tokenizer.encodeBatch(
            job.map(([text]) => text),
            options,
          );
      for (const [index, encoding] of encodings.entries()) yield [encoding, job[index] as TextRow];
    }
  }
}

/**
 * A row whose texts are cut, and which keeps its special tokens. The library's own truncation would make all the parts that it cuts off, too: of a
 * pair each of one text with each of the other.
 */
function cutRow(encoding: Encoding, { maxTokens, truncation, wantsPlaces }: EncodeLimits): EncodedRow {
  const texts = encoding.getSequenceIds();
  const lengths = [countOf(texts, 0), countOf(texts, 1)] as const;
  const rooms = shareRoom(lengths, { maxTokens, added: texts.length - lengths[0] - lengths[1] });
  const passed = [0, 0];
  const isKept = texts.map((text) => {
    // A special token.
    if (text !== 0 && text !== 1) return true;
    const place = passed[text] as number;
    passed[text] = place + 1;
    return truncation === 'left' ? place >= lengths[text] - rooms[text] : place < rooms[text];
  });
  const kept = (values: readonly number[]) => values.filter((_, index) => isKept[index]);
  const row = rowOf(kept(encoding.getIds()), kept(encoding.getTypeIds()));
  return wantsPlaces ? { ...row, places: placesOf(encoding, isKept) } : row;
}

function countOf(texts: readonly unknown[], wanted: number): number {
  return texts.reduce<number>((count, text) => (text === wanted ? count + 1 : count), 0);
}

function toRow(encoding: Encoding, [, pair]: TextRow, { wantsPlaces }: Pick<EncodeLimits, 'wantsPlaces'>): EncodedRow {
  const row = rowOf(encoding.getIds(), pair === undefined ? [] : encoding.getTypeIds());
  return wantsPlaces ? { ...row, places: placesOf(encoding) } : row;
}

/** Places of the tokens, in characters. `isKept`: by token; default: all. */
function placesOf(encoding: Encoding, isKept?: readonly boolean[]): Int32Array {
  const special = encoding.getSpecialTokensMask();
  const words = encoding.getWordIds();
  const places = encoding.getOffsets().flatMap(([start = 0, stop = 0], index) => {
    if (isKept?.[index] === false) return [];
    return special[index] === 1 ? [-1, -1, -1] : [start, stop, words[index] ?? -1];
  });
  return Int32Array.from(places);
}

function rowOf(ids: readonly number[], types: readonly number[]): EncodedRow {
  const first = types.indexOf(1);
  return { tokens: Int32Array.from(ids), firstTokens: first < 0 ? ids.length : first };
}

function describeTokens(encoding: Encoding, text: string): readonly TextToken[] {
  const special = encoding.getSpecialTokensMask();
  const tokens = encoding.getTokens();
  const offsets = encoding.getOffsets();
  // Offsets count characters, not units of UTF-16.
  const characters = [...text];
  return encoding.getIds().map((id, index) => {
    if (special[index] === 1) return { id, text: tokens[index] as string, special: true, start: null, stop: null };
    const [start = 0, stop = 0] = offsets[index] ?? [];
    return { id, text: characters.slice(start, stop).join(''), special: false, start, stop };
  });
}
