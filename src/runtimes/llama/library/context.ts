import koffi from 'koffi';
import { MillraceError } from '../../../core/index.js';
import type { BatchEntry, Evaluator } from '../schedule/step-loop.js';
import type { NativeBatch, Pointer } from './functions.js';
import type { Library } from './open.js';
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
/** Of llama.cpp's values for `flash_attn_type`. */
const FLASH_ATTENTION_OFF = 0;
const FLASH_ATTENTION_AUTO = -1;

/** What the model remembers of the sequences in its slots (the KV cache), and the batch that is evaluated next. */
export class LlamaContext implements Evaluator {
  readonly slots: number;
  readonly contextTokens: number;
  readonly cacheTokens: number;
  readonly batchTokens: number;
  readonly pointer: Pointer;
  readonly #library: Library;
  readonly #vocabularySize: number;
  readonly #memory: Pointer;
  readonly #threads: Pointer | undefined;
  readonly #batch: NativeBatch;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #sequences: readonly Int32Array[];
  readonly #wantLogits: Int8Array;
  readonly #abort: Uint8Array;
  readonly #abortPointer: bigint;
  /** By address: llama.cpp has a few rows for logits, and uses them again. */
  readonly #logits = new Map<bigint, Float32Array>();
  #count = 0;

  /** Throws `resource_exhausted` where there is not enough memory. `deterministic`: see the option. */
  constructor(library: Library, weights: Weights, options: ContextOptions & { readonly deterministic: boolean }) {
    const { slots, batchTokens, threads, deterministic, cacheTokens } = options;
    this.#library = library;
    this.#vocabularySize = weights.vocabularySize;
    this.slots = slots;
    this.batchTokens = batchTokens;
    this.cacheTokens = cacheTokens ?? options.contextTokens * slots;
    this.pointer = library.llama_init_from_model(weights.pointer, {
      ...library.contextDefaults,
      n_ctx: this.cacheTokens,
      kv_unified: cacheTokens !== undefined,
      n_batch: batchTokens,
      n_ubatch: batchTokens,
      n_seq_max: slots,
      n_outputs_max: batchTokens,
      n_outputs_max_per_seq: 0,
      n_threads: threads,
      n_threads_batch: threads,
      flash_attn_type: deterministic ? FLASH_ATTENTION_OFF : FLASH_ATTENTION_AUTO,
    });
    if (this.pointer === null) {
      throw new MillraceError(
        'resource_exhausted',
        `there is not enough memory for ${this.cacheTokens} tokens in ${slots} slots; lower llama.slots, llama.contextTokens or llama.cacheTokens`,
      );
    }
    this.contextTokens = options.contextTokens;
    this.#memory = library.llama_get_memory(this.pointer);
    if (threads > 1) this.#threads = library.threadPools?.create(threads);
    if (this.#threads !== undefined) library.llama_attach_threadpool(this.pointer, this.#threads, this.#threads);
    // Memory of C, which no garbage collector moves while another thread reads it.
    this.#batch = library.llama_batch_init(batchTokens, 0, 1);
    const words = (pointer: Pointer) => new Int32Array(view(pointer, batchTokens * 4));
    this.#tokens = words(this.#batch.token);
    this.#positions = words(this.#batch.pos);
    words(this.#batch.n_seq_id).fill(1);
    this.#wantLogits = new Int8Array(view(this.#batch.logits, batchTokens));
    const lists = new BigInt64Array(view(this.#batch.seq_id, batchTokens * 8));
    this.#sequences = Array.from(lists.subarray(0, batchTokens), (list) => new Int32Array(view(list, 4)));
    this.#abortPointer = koffi.alloc('uint8', 8) as bigint;
    this.#abort = new Uint8Array(view(this.#abortPointer, 8)).fill(0);
    library.llama_set_abort_callback(this.pointer, library.isNonEmpty, this.#abortPointer);
  }

  /** Adds a token to the batch; returns its place, by which its logits are asked for. */
  add({ token, position, slot, wantsLogits }: BatchEntry): number {
    const index = this.#count++;
    this.#tokens[index] = token;
    this.#positions[index] = position;
    (this.#sequences[index] as Int32Array)[0] = slot;
    this.#wantLogits[index] = wantsLogits ? 1 : 0;
    return index;
  }

  /** Evaluates the batch in a thread, and empties it. One at a time. */
  evaluate(): Promise<Evaluation> {
    this.#batch.n_tokens = this.#count;
    this.#count = 0;
    return new Promise((resolve, reject) => {
      this.#library.llama_decode.async(this.pointer, this.#batch, (error, code) => {
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
      logits = new Float32Array(view(pointer, this.#vocabularySize * 4));
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
    this.#library.llama_batch_free(this.#batch);
    this.#library.llama_free(this.pointer);
    if (this.#threads !== undefined) this.#library.threadPools?.free(this.#threads);
    koffi.free(this.#abortPointer);
  }
}

function view(pointer: Pointer, sizeBytes: number): ArrayBuffer {
  return koffi.view(pointer, sizeBytes);
}
