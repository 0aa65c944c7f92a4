import { type Clock, MillraceError } from '../../core/index.js';
import type { Batch, BatchTiming, Emission, Emit } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import { embeddingOf, poolingEmission } from '../pooling/answer.js';
import { unpackText } from '../pooling/prepared-text.js';

interface StaticModelParts {
  /** Elements of a vector. */
  readonly size: number;
  readonly description: Description;
  readonly clock: Clock;
}

/** Looks up the vectors of words. */
export class StaticModel implements LoadedModel {
  readonly description: Description;
  readonly #vectors: Float32Array;
  readonly #size: number;
  readonly #clock: Clock;

  /** `vectors`: of all words, one behind the other. */
  constructor(vectors: Float32Array, { size, description, clock }: StaticModelParts) {
    this.#vectors = vectors;
    this.#size = size;
    this.#clock = clock;
    this.description = description;
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const startedAt = this.#clock.now();
    emit(batch.items.map(({ callId, prepared }) => this.#answer(callId, prepared)));
    return { computeInputMs: 0, computeInferMs: this.#clock.now() - startedAt, computeOutputMs: 0 };
  }

  /** A batch takes less than a millisecond. */
  cancel(_callId: number): void {}

  async close(): Promise<void> {
    // Its memory goes with the process.
  }

  #answer(callId: number, prepared: Uint8Array | undefined): Emission {
    if (prepared === undefined) throw new MillraceError('internal', 'the item was not prepared');
    const text = unpackText(prepared);
    const vectors = [...text.tokens].map((token) =>
      this.#vectors.subarray(token * this.#size, (token + 1) * this.#size),
    );
    const given = text.isUnpooled ? vectors : [this.#meanOf(vectors)];
    return poolingEmission(callId, [embeddingOf(given, text, this.#size)], text);
  }

  /** Zeros where there are none. */
  #meanOf(vectors: readonly Float32Array[]): Float32Array {
    const mean = new Float32Array(this.#size);
    for (const vector of vectors) {
      for (let index = 0; index < vector.length; index++)
        mean[index] = (mean[index] as number) + (vector[index] as number);
    }
    return mean.map((sum) => sum / Math.max(1, vectors.length));
  }
}
