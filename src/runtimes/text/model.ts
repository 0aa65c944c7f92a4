import { type InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type Clock, MillraceError } from '../../core/index.js';
import type { Batch, BatchTiming, Emission, Emit } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import { explainRunError } from '../onnx/errors.js';
import { embeddingOf, poolingEmission, scoresOf, sparseOf, tokenClassesOf } from '../pooling/answer.js';
import { type PreparedText, unpackText } from '../pooling/prepared-text.js';
import type { TextPlan } from './plan.js';
import { readVectors, type TokenVectors } from './pool.js';
import { spladeOf } from './splade.js';

interface TextModelParts {
  readonly plan: TextPlan;
  readonly description: Description;
  readonly clock: Clock;
}

/** A graph that reads texts. A run blocks the thread; a batch fails as a whole, and may be run again in parts. */
export class TextModel implements LoadedModel {
  readonly description: Description;
  readonly #session: InferenceSession;
  readonly #plan: TextPlan;
  readonly #clock: Clock;

  constructor(session: InferenceSession, { plan, description, clock }: TextModelParts) {
    this.#session = session;
    this.#plan = plan;
    this.#clock = clock;
    this.description = description;
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const startedAt = this.#clock.now();
    try {
      const texts = batch.items.map(({ prepared }) => {
        if (prepared === undefined) throw new MillraceError('internal', 'the item was not prepared');
        return unpackText(prepared);
      });
      const length = texts.reduce((most, { tokens }) => Math.max(most, tokens.length), 1);
      const feeds = feedsOf(texts, length, this.#plan);
      const fedAt = this.#clock.now();
      const results = await this.#session.run(feeds, this.#fetches(texts));
      const ranAt = this.#clock.now();
      emit(
        batch.items.map(({ callId }, row) => this.#answer(callId, { text: texts[row] as PreparedText, row, results })),
      );
      return {
        computeInputMs: fedAt - startedAt,
        computeInferMs: ranAt - fedAt,
        computeOutputMs: this.#clock.now() - ranAt,
      };
    } catch (error) {
      throw explainRunError(error);
    }
  }

  /** A run cannot be interrupted. */
  cancel(_callId: number): void {}

  async close(): Promise<void> {
    await this.#session.release();
  }

  #fetches(texts: readonly PreparedText[]): readonly string[] {
    const { output, tokenOutput } = this.#plan;
    const wanted = new Set<string>();
    for (const { isUnpooled } of texts) wanted.add(isUnpooled ? (tokenOutput ?? output) : output);
    return [...wanted];
  }

  #answer(
    callId: number,
    {
      text,
      row,
      results,
    }: { readonly text: PreparedText; readonly row: number; readonly results: InferenceSession.ReturnType },
  ): Emission {
    const { output, tokenOutput, tasks } = this.#plan;
    const name = text.isUnpooled ? (tokenOutput ?? output) : output;
    const read = readVectors(name, results[name] as OrtTensor);
    if (tasks.embed !== undefined) {
      return poolingEmission(callId, [embeddingOf(this.#vectorsOf(read, { row, text }), text)], text);
    }
    if (tasks.sparse !== undefined) {
      const { length } = text.tokens;
      const weights = read.isPerToken ? spladeOf(read.tokens(row, length), this.#plan.logarithms) : read.whole(row);
      return poolingEmission(callId, sparseOf(weights), text);
    }
    if (tasks.tokenClassify !== undefined) {
      return poolingEmission(callId, tokenClassesOf(read.tokens(row, text.tokens.length), text), text);
    }
    return poolingEmission(callId, [scoresOf(read.whole(row), { isRaw: text.isRaw, tasks })], text);
  }

  #vectorsOf(
    read: TokenVectors,
    { row, text }: { readonly row: number; readonly text: PreparedText },
  ): readonly Float32Array[] {
    const { pooling = 'mean' } = this.#plan.tasks.embed ?? {};
    const { length } = text.tokens;
    return text.isUnpooled ? read.tokens(row, length) : [read.pooled(row, length, pooling)];
  }
}

/** The inputs of the graph, each text padded to the length. */
function feedsOf(
  texts: readonly PreparedText[],
  length: number,
  { inputs, padToken }: TextPlan,
): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const name of inputs) {
    const data = new BigInt64Array(texts.length * length);
    // Ids fit into the low word, and their high word is 0.
    const words = new Int32Array(data.buffer);
    for (const [row, text] of texts.entries())
      fillRow(words, { name, text, start: 2 * row * length, length, padToken });
    feeds[name] = new OrtTensor('int64', data, [texts.length, length]);
  }
  return feeds;
}

interface RowToFill {
  readonly name: TextPlan['inputs'][number];
  readonly text: PreparedText;
  /** Word of the row's first token. */
  readonly start: number;
  readonly length: number;
  readonly padToken: number;
}

function fillRow(words: Int32Array, { name, text, start, length, padToken }: RowToFill): void {
  const { tokens, firstTokens } = text;
  for (let index = 0; index < length; index++) {
    const isToken = index < tokens.length;
    let value = 0;
    if (name === 'input_ids') value = isToken ? (tokens[index] as number) : padToken;
    else if (name === 'attention_mask') value = isToken ? 1 : 0;
    else if (name === 'token_type_ids') value = isToken && index >= firstTokens ? 1 : 0;
    else value = isToken ? index : 0;
    words[start + 2 * index] = value;
  }
}
