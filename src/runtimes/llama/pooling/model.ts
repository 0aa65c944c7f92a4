import { type Clock, MillraceError } from '../../../core/index.js';
import type { Batch, BatchTiming, Emit } from '../../batch.js';
import type { LoadedModel } from '../../contract.js';
import type { Description } from '../../description.js';
import { embeddingOf, poolingEmission, scoresOf } from '../../pooling/answer.js';
import { type PreparedText, unpackText } from '../../pooling/prepared-text.js';
import type { PoolingContext } from '../library/pooling-context.js';
import type { Weights } from '../library/weights.js';

interface LlamaPoolingParts {
  readonly description: Description;
  readonly weights: Weights;
  readonly context: PoolingContext;
  /** The head gives probabilities. */
  readonly givesProbabilities: boolean;
  readonly clock: Clock;
}

/** A model that embeds, ranks or classifies texts. A batch blocks the thread, and fails as a whole. */
export class LlamaPoolingModel implements LoadedModel {
  readonly description: Description;
  readonly #parts: LlamaPoolingParts;

  constructor(parts: LlamaPoolingParts) {
    this.#parts = parts;
    this.description = parts.description;
  }

  async execute({ items }: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock, context } = this.#parts;
    const startedAt = clock.now();
    const texts = items.map(({ prepared }) => {
      if (prepared === undefined) throw new MillraceError('internal', 'the item was not prepared');
      return unpackText(prepared);
    });
    const readAt = clock.now();
    const numbers = context.evaluate(texts.map(({ tokens }) => tokens));
    const evaluatedAt = clock.now();
    emit(
      items.map(({ callId }, row) => {
        const text = texts[row] as PreparedText;
        return poolingEmission(callId, [this.#valuesOf(numbers[row] as Float32Array, text)], text);
      }),
    );
    return {
      computeInputMs: readAt - startedAt,
      computeInferMs: evaluatedAt - readAt,
      computeOutputMs: clock.now() - evaluatedAt,
    };
  }

  /** An evaluation of several texts is not interrupted for one of them. */
  cancel(_callId: number): void {}

  async close(): Promise<void> {
    this.#parts.context.free();
    this.#parts.weights.free();
  }

  #valuesOf(numbers: Float32Array, text: PreparedText) {
    const { tasks = {} } = this.description;
    if (tasks.embed !== undefined) return embeddingOf([numbers], text);
    return scoresOf(numbers, { isRaw: text.isRaw || this.#parts.givesProbabilities, tasks });
  }
}
