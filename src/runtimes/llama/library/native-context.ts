import type { Params, Pointer } from './functions.js';
import type { Library } from './open.js';
import type { Weights } from './weights.js';

/** Of llama.cpp's values for `flash_attn_type`. */
const FLASH_ATTENTION_OFF = 0;
const FLASH_ATTENTION_AUTO = -1;

/** A context of llama.cpp, and the threads that evaluate in it. */
export class NativeContext {
  readonly pointer: Pointer;
  /** null = the model keeps nothing between evaluations. */
  readonly memory: Pointer;
  readonly #library: Library;
  readonly #threads: Pointer | undefined;

  private constructor(library: Library, pointer: Pointer, threads: number) {
    this.#library = library;
    this.pointer = pointer;
    this.memory = library.llama_get_memory(pointer);
    if (threads > 1) this.#threads = library.threadPools?.create(threads);
    if (this.#threads !== undefined) library.llama_attach_threadpool(pointer, this.#threads, this.#threads);
  }

  /** undefined = there is not enough memory. `deterministic`: what is computed does not depend on what is evaluated beside it. */
  static open(
    library: Library,
    weights: Weights,
    { threads, deterministic, params }: { threads: number; deterministic: boolean; params: Params },
  ): NativeContext | undefined {
    const pointer = library.llama_init_from_model(weights.pointer, {
      ...library.contextDefaults,
      ...params,
      n_threads: threads,
      n_threads_batch: threads,
      flash_attn_type: deterministic ? FLASH_ATTENTION_OFF : FLASH_ATTENTION_AUTO,
    });
    return pointer === null ? undefined : new NativeContext(library, pointer, threads);
  }

  free(): void {
    this.#library.llama_free(this.pointer);
    if (this.#threads !== undefined) this.#library.threadPools?.free(this.#threads);
  }
}
