import { LRUCache } from 'lru-cache';
import { type Clock, checkParameters, type InferResponse, type ModelRef, type Parameters } from '../core/index.js';

/** Bytes that an entry costs besides its data, and each of its tensors. */
const ENTRY_OVERHEAD_BYTES = 512;
const TENSOR_OVERHEAD_BYTES = 256;

/** What the cache holds and has seen, since the start. */
export interface CacheUsage {
  readonly entries: number;
  readonly usedBytes: number;
  readonly maxBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly lookupMs: number;
  readonly insertionMs: number;
}

type Answer = Pick<InferResponse, 'outputs' | 'parameters' | 'usage' | 'finishReason'>;

interface Entry {
  readonly generation: number;
  readonly answer: Answer;
}

/** Answers by the key of their request, the least recently used ones first to go when the bytes are used up. */
export class ResponseCache {
  readonly maxBytes: number;
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Entry>;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #lookupMs = 0;
  #insertionMs = 0;

  /** `maxBytes` at least 1. */
  constructor(maxBytes: number, clock: Clock) {
    this.maxBytes = maxBytes;
    this.#clock = clock;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      perf: clock,
      // No timer of its own: the clock is asked each time.
      ttlResolution: 0,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
  }

  /** A copy of the answer, so that nobody can change the one that is kept. `startedAt`: when looking for it began. */
  find(key: string, startedAt: number): Answer | undefined {
    const entry = this.#entries.get(key);
    const answer = entry && copyAnswer(entry.answer);
    if (answer === undefined) this.#misses++;
    else this.#hits++;
    this.#lookupMs += this.#clock.now() - startedAt;
    return answer;
  }

  /**
   * Keeps a copy of the answer for `ttlMs` (0 = as long as there is room); one that is larger than the cache is not kept.
   * Returns the milliseconds that this took.
   */
  keep(key: string, answer: Answer & { readonly ref: ModelRef }, ttlMs: number): number {
    const startedAt = this.#clock.now();
    const size = sizeOf(key, answer);
    if (size > this.maxBytes) return 0;
    const entry = { generation: answer.ref.generation, answer: copyAnswer(answer) };
    this.#entries.set(key, entry, ttlMs > 0 ? { size, ttl: ttlMs } : { size });
    const tookMs = this.#clock.now() - startedAt;
    this.#insertionMs += tookMs;
    return tookMs;
  }

  /** Gives back what a generation has put in. */
  forget(generation: number): void {
    // The iteration leaves out what is too old, which nobody would look for any more.
    this.#entries.purgeStale();
    for (const [key, entry] of this.#entries.entries()) if (entry.generation === generation) this.#entries.delete(key);
  }

  usage(): CacheUsage {
    return {
      entries: this.#entries.size,
      usedBytes: this.#entries.calculatedSize,
      maxBytes: this.maxBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      lookupMs: this.#lookupMs,
      insertionMs: this.#insertionMs,
    };
  }
}

/** An answer that shares nothing that could be changed. */
export function copyAnswer({ outputs, parameters, usage, finishReason }: Answer): Answer {
  return {
    outputs: outputs.map((tensor) => ({ ...tensor, shape: [...tensor.shape], data: new Uint8Array(tensor.data) })),
    parameters: hasElements(parameters) ? structuredClone(parameters) : { ...parameters },
    ...(usage === undefined ? {} : { usage }),
    ...(finishReason === undefined ? {} : { finishReason }),
  };
}

/** Whether there are lists or objects, which callers could change. */
function hasElements(parameters: Parameters): boolean {
  return checkParameters(parameters, 'internal') > 0;
}

function sizeOf(key: string, { outputs, parameters }: Answer): number {
  let size = ENTRY_OVERHEAD_BYTES + key.length + checkParameters(parameters, 'internal');
  for (const { name, data } of outputs) size += TENSOR_OVERHEAD_BYTES + name.length + data.byteLength;
  return size;
}
