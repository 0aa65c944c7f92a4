import koffi, { type LibraryHandle } from 'koffi';
import type { Pointer } from './functions.js';

/** Makes the threads that evaluate. Those of a pool stay between evaluations; without one llama.cpp starts new threads for each. */
export interface ThreadPools {
  /** undefined = llama.cpp did not make one. */
  create(threads: number): Pointer | undefined;
  /** Only when nothing uses it any more. */
  free(pool: Pointer): void;
}

/** `ggml_threadpool_params`: a byte for each processor that may be used, all 0 = any; then these. */
const THREADS_AT = 512;
const POLL_AT = 520;
const PARAMS_BYTES = 1024;
const DEFAULT_POLL = 50;

/** Those of ggml's part for processors; undefined where a library has them in another form, or not at all. */
export function openThreadPools(ggml: LibraryHandle): ThreadPools | undefined {
  try {
    const registry: Pointer = ggml.func('void *ggml_backend_reg_by_name(str name)')('CPU');
    const functionOf = ggml.func('void *ggml_backend_reg_get_proc_address(void *registry, str name)');
    const [create, free]: Pointer[] = ['new', 'free'].map((end) => functionOf(registry, `ggml_threadpool_${end}`));
    if (!create || !free) return undefined;
    const initParams = ggml.func('void ggml_threadpool_params_init(void *params, int32 threads)');
    const createType = koffi.proto('void *ggml_threadpool_new(void *params)');
    const freeType = koffi.proto('void ggml_threadpool_free(void *pool)');
    return {
      create(threads) {
        const params = Buffer.alloc(PARAMS_BYTES);
        initParams(params, threads);
        if (params.readInt32LE(THREADS_AT) !== threads || params.readInt32LE(POLL_AT) !== DEFAULT_POLL)
          return undefined;
        // Threads that look for work between evaluations would take the processors from what is done there.
        params.writeInt32LE(0, POLL_AT);
        return koffi.call(create, createType, params) ?? undefined;
      },
      free: (pool) => koffi.call(free, freeType, pool),
    };
  } catch {
    return undefined;
  }
}
