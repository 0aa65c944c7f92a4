import koffi from 'koffi';
import { MillraceError } from '../../../core/index.js';
import type { BatchEntry, Evaluator } from '../schedule/evaluator.js';
import type { Pointer } from './functions.js';
import { NativeContext } from './native-context.js';
import type { Library } from './open.js';
import { nativeView, TokenBatch } from './token-batch.js';
import type { Weights } from './weights.js';

export interface ContextOptions {
  /** Sequences that are kept at a time. */
  readonly slots: number;
  /** Longest text of each, prompt and answer. */
  readonly contextTokens: number;
  /** Tokens that all of them hold together, in memory that they share; undefined = each has memory for its longest text. */
  readonly cacheTokens: number | undefined;
  /** Most tokens of one evaluation. */
  readonly batchTokens: number;
  readonly threads: number;
}

type Evaluation = Awaited<ReturnType<Evaluator['evaluate']>>;

const EVALUATIONS: Readonly<Record<number, Evaluation>> = { 0: 'done', 1: 'full', 2: 'aborted' };

/** What the model remembers of the sequences in its slots (the KV cache), and the batch that is evaluated next. */
export class LlamaContext implements Evaluator {
  readonly slots: number;
  readonly contextTokens: number;
  readonly cacheTokens: number;
  readonly batchTokens: number;
  readonly pointer: Pointer;
  readonly #library: Library;
  readonly #vocabularySize: number;
  readonly #native: NativeContext;
  readonly #memory: Pointer;
  readonly #batch: TokenBatch;
  readonly #abort: Uint8Array;
  readonly #abortPointer: bigint;
  /** By address: llama.cpp has a few rows for logits, and uses them again. */
  readonly #logits = new Map<bigint, Float32Array>();

  /** Throws `resource_exhausted` where there is not enough memory. `deterministic`: see the option. */
  constructor(library: Library, weights: Weights, options: ContextOptions & { readonly deterministic: boolean }) {
    const { slots, batchTokens, threads, deterministic, cacheTokens } = options;
    this.#library = library;
    this.#vocabularySize = weights.vocabularySize;
    this.slots = slots;
    this.batchTokens = batchTokens;
    this.cacheTokens = cacheTokens ?? options.contextTokens * slots;
    const params = {
      n_ctx: this.cacheTokens,
      kv_unified: cacheTokens !== undefined,
      n_batch: batchTokens,
      n_ubatch: batchTokens,
      n_seq_max: slots,
      n_outputs_max: batchTokens,
      n_outputs_max_per_seq: 0,
    };
    const native = NativeContext.open(library, weights, { threads, deterministic, params });
    if (native === undefined) {
      throw new MillraceError(
        'resource_exhausted',
        `there is not enough memory for ${this.cacheTokens} tokens in ${slots} slots; lower llama.slots, llama.contextTokens or llama.cacheTokens`,
      );
    }
    this.#native = native;
    this.pointer = native.pointer;
    this.#memory = native.memory;
    this.contextTokens = options.contextTokens;
    this.#batch = new TokenBatch(library, batchTokens);
    this.#abortPointer = koffi.alloc('uint8', 8) as bigint;
    this.#abort = new Uint8Array(nativeView(this.#abortPointer, 8)).fill(0);
    library.llama_set_abort_callback(this.pointer, library.isNonEmpty, this.#abortPointer);
  }

  /** Adds a token to the batch; returns its place, by which its logits are asked for. */
  add(entry: BatchEntry): number {
    return this.#batch.add(entry);
  }

  /** Evaluates the batch in a thread, and empties it. One at a time. */
  evaluate(): Promise<Evaluation> {
    const batch = this.#batch.take();
    return new Promise((resolve, reject) => {
      this.#library.llama_decode.async(this.pointer, batch, (error, code) => {
        this.#abort[0] = 0;
        if (error === null) resolve(EVALUATIONS[code] ?? 'failed');
        else reject(error);
      });
    });
  }

  /** Makes an evaluation that is running end as soon as it can. */
  abort(): void {
    this.#abort[0] = 1;
  }

  /** One number for each token of the vocabulary, in llama.cpp's own memory: until the next evaluation. */
  logits(index: number): Float32Array {
    const pointer = this.#library.llama_get_logits_ith(this.pointer, index);
    if (pointer === null)
      throw new MillraceError('internal', `llama.cpp has no logits for token ${index} of the batch`);
    let logits = this.#logits.get(pointer);
    if (logits === undefined) {
      logits = new Float32Array(nativeView(pointer, this.#vocabularySize * 4));
      this.#logits.set(pointer, logits);
    }
    return logits;
  }

  /** Forgets what a slot holds from a position on. False where the model can only forget all of it, which is done then. */
  truncate(slot: number, length: number): boolean {
    if (this.#library.llama_memory_seq_rm(this.#memory, slot, length, -1)) return true;
    this.#library.llama_memory_seq_rm(this.#memory, slot, -1, -1);
    return false;
  }

  /** Puts what one slot holds into another one. */
  copy(source: number, target: number): void {
    this.#library.llama_memory_seq_rm(this.#memory, target, -1, -1);
    this.#library.llama_memory_seq_cp(this.#memory, source, target, -1, -1);
  }

  free(): void {
    this.#logits.clear();
    this.#batch.free();
    this.#native.free();
    koffi.free(this.#abortPointer);
  }
}
