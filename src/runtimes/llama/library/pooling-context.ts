import koffi from 'koffi';
import { MillraceError } from '../../../core/index.js';
import type { Pooling } from '../pooling/pooling.js';
import { NativeContext } from './native-context.js';
import type { Library } from './open.js';
import { TokenBatch } from './token-batch.js';
import type { Weights } from './weights.js';

/** Sequences of an evaluation, at most: llama.cpp has no more. */
const MAX_SEQUENCES = 256;
/** llama.cpp's numbers for kinds of pooling. */
const POOLING_TYPES: Readonly<Record<Pooling, number>> = { mean: 1, cls: 2, lasttoken: 3, rank: 4 };

export interface PoolingContextOptions {
  /** Numbers of each text. */
  readonly size: number;
  readonly pooling: Pooling;
  /** Most tokens of an evaluation, and of a text. */
  readonly capacityTokens: number;
  readonly threads: number;
  /** Each text is evaluated alone. */
  readonly deterministic: boolean;
}

/** Evaluates texts as a whole, and keeps nothing of them. */
export class PoolingContext {
  readonly #library: Library;
  readonly #native: NativeContext;
  readonly #batch: TokenBatch;
  readonly #capacityTokens: number;
  readonly #maxSequences: number;
  readonly #vector: ReturnType<typeof koffi.array>;

  /** Throws `resource_exhausted` where there is not enough memory. */
  constructor(
    library: Library,
    weights: Weights,
    { size, pooling, capacityTokens, threads, deterministic }: PoolingContextOptions,
  ) {
    this.#library = library;
    this.#capacityTokens = capacityTokens;
    this.#maxSequences = deterministic ? 1 : Math.min(MAX_SEQUENCES, capacityTokens);
    this.#vector = koffi.array('float', size, 'Typed');
    const native = NativeContext.open(library, weights, {
      threads,
      deterministic,
      params: {
        n_ctx: capacityTokens,
        // With memory of its own for each sequence, the numbers of several are wrong.
        kv_unified: true,
        // A text is pooled within one evaluation.
        n_batch: capacityTokens,
        n_ubatch: capacityTokens,
        n_seq_max: this.#maxSequences,
        n_outputs_max: capacityTokens,
        n_outputs_max_per_seq: 0,
        embeddings: true,
        pooling_type: POOLING_TYPES[pooling],
      },
    });
    if (native === undefined) {
      throw new MillraceError(
        'resource_exhausted',
        `there is not enough memory for ${capacityTokens} tokens; lower llama.batchTokens or llama.contextTokens`,
      );
    }
    this.#native = native;
    this.#batch = new TokenBatch(library, capacityTokens);
  }

  /** The numbers of each text, in order. Blocks the thread. Throws `internal` where llama.cpp fails. */
  evaluate(texts: readonly Int32Array[]): readonly Float32Array[] {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; ) {
      const end = this.#endOf(texts, start);
      vectors.push(...this.#run(texts.slice(start, end)));
      start = end;
    }
    return vectors;
  }

  free(): void {
    this.#batch.free();
    this.#native.free();
  }

  /** Behind the last text that is evaluated together with the one at `start`. */
  #endOf(texts: readonly Int32Array[], start: number): number {
    let tokens = 0;
    let end = start;
    while (end < texts.length && end - start < this.#maxSequences) {
      tokens += (texts[end] as Int32Array).length;
      if (tokens > this.#capacityTokens && end > start) break;
      end++;
    }
    return end;
  }

  #run(texts: readonly Int32Array[]): readonly Float32Array[] {
    const { pointer, memory } = this.#native;
    for (const [slot, tokens] of texts.entries()) {
      for (const [position, token] of tokens.entries()) this.#batch.add({ token, position, slot, wantsLogits: true });
    }
    const code = this.#library.llama_decode(pointer, this.#batch.take());
    if (code !== 0) throw new MillraceError('internal', `llama.cpp did not evaluate ${texts.length} texts (${code})`);
    const vectors = texts.map((_, slot) => {
      const found = this.#library.llama_get_embeddings_seq(pointer, slot);
      if (found === null) throw new MillraceError('internal', `llama.cpp has no numbers for text ${slot}`);
      return koffi.decode(found, this.#vector) as Float32Array;
    });
    if (memory !== null) this.#library.llama_memory_clear(memory, false);
    return vectors;
  }
}
