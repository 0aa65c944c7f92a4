import { type EmbeddingSpec, invalidArgument } from '../../core/index.js';
import {
  type PoolingInput,
  type PoolingParameters,
  poolingInputOfTensors,
  poolingSignature,
  readPoolingParameters,
} from '../../pooling/index.js';
import type { BatchItem, PreparedRequest, Preparer } from '../contract.js';
import type { TextPlan } from './plan.js';
import { packText } from './prepared-text.js';
import { type EncodedRow, type EncodeLimits, type TextRow, type TextTokenizer, tooLong } from './text-tokenizer.js';

/** Texts of so many bytes for each token that is read are refused, or cut, before they are tokenised. */
const BYTES_PER_TOKEN = 64;
/** Callers whose texts are tokenised at a time, each on a thread of libuv. */
const CONCURRENCY = 2;

const utf8 = new TextDecoder();

/** Tokenises texts. What it makes of each is a {@link PreparedText}, the cost its tokens. */
export class TextPreparer implements Preparer {
  readonly description: Preparer['description'];
  readonly #plan: TextPlan;
  readonly #tokenizer: TextTokenizer;
  readonly #embed: EmbeddingSpec | undefined;
  #bytes = 0;

  constructor(plan: TextPlan, tokenizer: TextTokenizer) {
    this.#plan = plan;
    this.#tokenizer = tokenizer;
    this.#embed = plan.tasks.embed;
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
  async prepare({ inputs, parameters }: BatchItem): Promise<readonly PreparedRequest[]> {
    const read = readPoolingParameters(parameters, this.#embed);
    const { truncate = false, truncationDirection = 'right', addSpecialTokens = true } = read;
    const limits: EncodeLimits = {
      maxTokens: this.#plan.maxInputTokens,
      truncation: truncate ? truncationDirection : undefined,
      addSpecialTokens,
    };
    const rows = await this.#encode(poolingInputOfTensors(inputs), { limits, prompt: this.#promptOf(read) });
    const answer = {
      normalize: read.normalize ?? this.#plan.normalize,
      dimensions: read.dimensions ?? 0,
      isUnpooled: read.pooling === 'none',
      isRaw: read.rawScores ?? false,
    };
    return rows.map((row) => ({ cost: row.tokens.length, value: packText({ ...row, ...answer }) }));
  }

  statistics(): Readonly<Record<string, number>> {
    return { tokenized_bytes_total: this.#bytes };
  }

  async close(): Promise<void> {
    // Its memory goes with the process.
  }

  #promptOf({ promptName, inputType }: PoolingParameters): string {
    const { prompts, inputPrompts, defaultPrompt } = this.#plan;
    if (promptName !== undefined) return prompts.get(promptName) ?? '';
    return inputType === undefined ? defaultPrompt : inputPrompts[inputType];
  }

  async #encode(
    input: PoolingInput,
    { limits, prompt }: { readonly limits: EncodeLimits; readonly prompt: string },
  ): Promise<readonly EncodedRow[]> {
    if (input.kind === 'tokens')
      return input.tokens.map((tokens, index) => this.#checkTokens(tokens, { index, limits }));
    const texts = input.texts.map((text, index) => prompt + this.#read(text, { index, limits }));
    const rows = texts.map((text, index): TextRow => {
      if (input.kind === 'query') return [this.#read(input.query, { index: -1, limits }), text];
      if (input.kind === 'pairs') return [text, this.#read(input.pairs[index] as Uint8Array, { index, limits })];
      return [text];
    });
    const encoded = await this.#tokenizer.encode(rows, limits);
    for (const [index, { tokens }] of encoded.entries()) if (tokens.length === 0) throw empty(index);
    return encoded;
  }

  /** A text, cut where no more of it can be read. */
  #read(bytes: Uint8Array, { index, limits }: { readonly index: number; readonly limits: EncodeLimits }): string {
    if (bytes.byteLength === 0) throw empty(index);
    const most = Math.max(4_096, BYTES_PER_TOKEN * limits.maxTokens);
    this.#bytes += Math.min(bytes.byteLength, most);
    if (bytes.byteLength <= most) return utf8.decode(bytes);
    if (limits.truncation === undefined) throw tooLong(index, `${bytes.byteLength} bytes`, limits.maxTokens);
    return utf8.decode(limits.truncation === 'right' ? bytes.subarray(0, most) : bytes.subarray(-most));
  }

  #checkTokens(
    tokens: Int32Array,
    { index, limits }: { readonly index: number; readonly limits: EncodeLimits },
  ): EncodedRow {
    const { vocabularySize } = this.#plan;
    if (tokens.length === 0) throw empty(index);
    const wrong = tokens.find((token) => token < 0 || token >= vocabularySize);
    if (wrong !== undefined) {
      throw invalidArgument(`text ${index}: expected token ids from 0 to ${vocabularySize - 1}, got ${wrong}`);
    }
    const { maxTokens, truncation } = limits;
    if (tokens.length > maxTokens && truncation === undefined)
      throw tooLong(index, `${tokens.length} tokens`, maxTokens);
    const read = truncation === 'left' ? tokens.slice(-maxTokens) : tokens.slice(0, maxTokens);
    return { tokens: read, firstTokens: read.length };
  }
}

/** `index`: -1 = the query. */
function empty(index: number) {
  return invalidArgument(`${index < 0 ? 'the query' : `text ${index}`} is empty`);
}
