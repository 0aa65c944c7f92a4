import { invalidArgument, type ModelTasks, type Tensor } from '../../core/index.js';
import {
  POOLING_TENSORS,
  type PoolingInput,
  type PoolingParameters,
  poolingInputOfTensors,
  poolingSignature,
  readPoolingParameters,
} from '../../pooling/index.js';
import type { BatchItem } from '../batch.js';
import type { PreparedAnswer, PreparedRequest, Preparer } from '../preparer.js';
import type { PoolingPlan } from './plan.js';
import { type PreparedText, packText } from './prepared-text.js';
import { type EncodedRow, type EncodeLimits, type PoolingTokenizer, type TextRow, tooLong } from './tokenizer.js';

/** Of a text, so many bytes are tokenised for each token that is read; most tokens have 3 to 5. */
const BYTES_PER_TOKEN = 16;
/** A text of any model may have so many. */
const LEAST_BYTES = 4_096;
/** Bytes of all texts of a request: tokenising them takes up to 20 seconds. */
const MAX_REQUEST_BYTES = 8_388_608;
/** Tokens of which an answer tells the text. */
const MAX_TOLD_TOKENS = 65_536;
const NO_PLACES = new Int32Array();
/** Callers whose texts are tokenised at a time, each on a thread. */
const CONCURRENCY = 2;

const utf8 = new TextDecoder();

/** Tokenises texts. What it makes of each is a {@link PreparedText}, the cost its tokens. */
export class PoolingPreparer implements Preparer {
  readonly description: Preparer['description'];
  readonly #plan: PoolingPlan;
  readonly #tokenizer: PoolingTokenizer;
  /** Of a text that are tokenised. */
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(plan: PoolingPlan, tokenizer: PoolingTokenizer) {
    this.#plan = plan;
    this.#tokenizer = tokenizer;
    this.#mostBytes = Math.max(LEAST_BYTES, BYTES_PER_TOKEN * plan.maxInputTokens);
    this.description = {
      inputs: poolingSignature(plan.tasks).inputs,
      concurrency: CONCURRENCY,
      wantsContext: false,
      statistics: [{ name: 'tokenized_bytes_total', help: 'Bytes of text that were tokenised, or made of tokens.' }],
    };
  }

  /**
   * Rejects with `invalid_argument` for parameters that the model does not know, texts that are empty, ids that are not in the vocabulary, and, with
   * reason `context_length_exceeded`, for a text that is too long where the request does not say `truncate`.
   */
  async prepare({ inputs, parameters }: BatchItem): Promise<readonly PreparedRequest[] | PreparedAnswer> {
    const read = readPoolingParameters(parameters, this.#plan.tasks);
    const { truncate = false, truncationDirection = 'right' } = read;
    const limits: EncodeLimits = {
      maxTokens: this.#plan.maxInputTokens,
      truncation: truncate ? truncationDirection : undefined,
      addSpecialTokens: read.addSpecialTokens ?? this.#plan.addsSpecialTokens ?? true,
      wantsPlaces: this.#plan.tasks.tokenClassify !== undefined,
    };
    const input = poolingInputOfTensors(inputs);
    checkBytes(inputs, input, this.#mostBytes);
    const prompt = this.#promptOf(read);
    if (read.only === 'tokens') return this.#tokensOf(input, { limits, prompt });
    if (read.only === 'text') return this.#textOf(input, read);
    checkInput(input, this.#plan.tasks);
    const rows = await this.#encode(input, { limits, prompt });
    const answer = {
      normalize: read.normalize ?? this.#plan.normalize,
      dimensions: read.dimensions ?? 0,
      isUnpooled: read.pooling === 'none',
      isRaw: read.rawScores ?? false,
    };
    return rows.map((row) => this.#prepared({ places: NO_PLACES, ...row, ...answer }));
  }

  #prepared(text: PreparedText): PreparedRequest {
    const { droppedToken } = this.#plan;
    const tokens = droppedToken === undefined ? text.tokens : text.tokens.filter((token) => token !== droppedToken);
    return { cost: Math.max(1, tokens.length), value: packText({ ...text, tokens }) };
  }

  statistics(): Readonly<Record<string, number>> {
    return { tokenized_bytes_total: this.#bytes };
  }

  close(): Promise<void> {
    return this.#tokenizer.close();
  }

  async #tokensOf(input: PoolingInput, { limits, prompt }: Reading): Promise<PreparedAnswer> {
    if (input.kind !== 'texts') throw invalidArgument(`'only: tokens' is for texts, got ${input.kind}`);
    const texts = input.texts.map((text, index) => prompt + this.#read(text, { index, limits }));
    const { addSpecialTokens } = limits;
    const tokens = await this.#tokenizer.describe(texts, { addSpecialTokens, most: MAX_TOLD_TOKENS });
    return { answer: tokens.map((each) => Buffer.from(JSON.stringify(each))) };
  }

  async #textOf(input: PoolingInput, { skipSpecialTokens = true }: PoolingParameters): Promise<PreparedAnswer> {
    if (input.kind !== 'tokens') throw invalidArgument(`'only: text' is for token ids, got ${input.kind}`);
    for (const [index, tokens] of input.tokens.entries()) this.#checkIds(tokens, index);
    const texts = await this.#tokenizer.decode(input.tokens, skipSpecialTokens);
    return { answer: texts.map((text) => Buffer.from(text)) };
  }

  #promptOf({ promptName, inputType }: PoolingParameters): string {
    const { prompts, inputPrompts, defaultPrompt } = this.#plan;
    if (promptName !== undefined) return prompts.get(promptName) ?? '';
    return inputType === undefined ? defaultPrompt : inputPrompts[inputType];
  }

  async #encode(input: PoolingInput, { limits, prompt }: Reading): Promise<readonly EncodedRow[]> {
    if (input.kind === 'tokens')
      return input.tokens.map((tokens, index) => this.#checkTokens(tokens, { index, limits }));
    const texts = input.texts.map((text, index) => prompt + this.#read(text, { index, limits }));
    const query = input.kind === 'query' ? this.#read(input.query, { index: -1, limits }) : '';
    const rows = texts.map((text, index): TextRow => {
      if (input.kind === 'query') return [query, text];
      if (input.kind === 'pairs') return [text, this.#read(input.pairs[index] as Uint8Array, { index, limits })];
      return [text];
    });
    const encoded = await this.#tokenizer.encode(rows, limits);
    for (const [index, { tokens }] of encoded.entries()) {
      // Without special tokens around it, a text of blanks has none; its vector is 0 where that is how texts are read.
      if (tokens.length === 0 && this.#plan.addsSpecialTokens !== false) throw empty(index);
      // The rest of the text was not tokenised, and would have been read.
      const bytes = input.texts[index]?.byteLength ?? 0;
      if (bytes > this.#mostBytes && tokens.length < limits.maxTokens) {
        throw tooLong(index, { bytes }, limits.maxTokens);
      }
    }
    return encoded;
  }

  /** A text, cut where no more of it can be read. */
  #read(bytes: Uint8Array, { index, limits }: { readonly index: number; readonly limits: EncodeLimits }): string {
    if (bytes.byteLength === 0) throw empty(index);
    const most = this.#mostBytes;
    this.#bytes += Math.min(bytes.byteLength, most);
    if (bytes.byteLength <= most) return utf8.decode(bytes);
    if (limits.truncation === undefined) throw tooLong(index, { bytes: bytes.byteLength }, limits.maxTokens);
    return utf8.decode(limits.truncation === 'right' ? bytes.subarray(0, most) : bytes.subarray(-most));
  }

  #checkTokens(
    tokens: Int32Array,
    { index, limits }: { readonly index: number; readonly limits: EncodeLimits },
  ): EncodedRow {
    this.#checkIds(tokens, index);
    const { maxTokens, truncation } = limits;
    if (tokens.length > maxTokens && truncation === undefined)
      throw tooLong(index, { tokens: tokens.length }, maxTokens);
    const read = truncation === 'left' ? tokens.slice(-maxTokens) : tokens.slice(0, maxTokens);
    return { tokens: read, firstTokens: read.length };
  }

  #checkIds(tokens: Int32Array, index: number): void {
    const { vocabularySize } = this.#plan;
    if (tokens.length === 0) throw empty(index);
    const wrong = tokens.find((token) => token < 0 || token >= vocabularySize);
    if (wrong === undefined) return;
    throw invalidArgument(`text ${index}: expected token ids from 0 to ${vocabularySize - 1}, got ${wrong}`);
  }
}

/** A query is tokenised with each text, as far as it is read. */
function checkBytes(inputs: readonly Tensor[], input: PoolingInput, mostBytes: number): void {
  const queries = input.kind === 'query' ? (input.texts.length - 1) * Math.min(input.query.byteLength, mostBytes) : 0;
  const bytes = inputs.reduce((sum, { data }) => sum + data.byteLength, queries);
  if (bytes <= MAX_REQUEST_BYTES) return;
  throw invalidArgument(
    `the texts have ${bytes} bytes together; at most ${MAX_REQUEST_BYTES} of a request are tokenised: send fewer at a time`,
  );
}

interface Reading {
  readonly limits: EncodeLimits;
  /** Put before each text. */
  readonly prompt: string;
}

/** Refuses a query that is missing, and token ids of a model that reads pairs only. */
function checkInput({ kind }: PoolingInput, { rank }: ModelTasks): void {
  if (rank === undefined || kind === 'query') return;
  const { query, tokenIds } = POOLING_TENSORS;
  if (kind === 'tokens') throw invalidArgument(`a model that ranks takes texts, got '${tokenIds}'`);
  throw invalidArgument(`input '${query}' is missing: the texts are ranked for it`);
}

/** `index`: -1 = the query. */
function empty(index: number) {
  return invalidArgument(`${index < 0 ? 'the query' : `text ${index}`} is empty`, { reason: 'empty_input' });
}
