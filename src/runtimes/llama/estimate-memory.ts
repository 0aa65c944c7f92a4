import { type GgufHeader, readGgufHeader } from './gguf-header.js';
import { architectureValue, contextOf, numberOf, vocabularySizeOf } from './gguf-metadata.js';
import { type LlamaOptions, readLlamaOptions } from './options.js';
import { capacityTokensOf, poolingOf } from './pooling/pooling.js';

/** Weights are mapped, and llama.cpp may keep a second copy of them in the order that the processor's kernels read. */
const WEIGHT_COPIES = 2;
/** Of a key or value in the cache, and of a number that is computed. */
const CACHED_BYTES = 2;
const COMPUTED_BYTES = 4;
/** Of a file whose metadata cannot be read: nothing is known of its cache. */
const UNKNOWN_FACTOR = 3;
/** Slots have memory for a multiple of so many tokens. */
const CACHE_STEP_TOKENS = 256;

/** Most resident bytes that a model needs: its file, the KV cache of all slots, and what an evaluation computes. */
export async function estimateLlamaMemory(model: {
  readonly path: string;
  readonly sizeBytes: number;
  readonly options: Readonly<Record<string, unknown>>;
}): Promise<number> {
  const options = readLlamaOptions(model.options);
  const header = await readGgufHeader(model.path).catch(() => undefined);
  if (header === undefined) return model.sizeBytes * UNKNOWN_FACTOR;
  return model.sizeBytes * WEIGHT_COPIES + cacheBytes(header, options) + workingBytes(header, options);
}

/** Keys and values of each token, head and layer. */
export function cacheBytes(header: GgufHeader, options: LlamaOptions): number {
  const layers = Math.min(numberOf(header, 'block_count'), 10_000);
  const heads = architectureValue(header, 'attention.head_count_kv') ?? headsOf(header);
  const headCounts = Array.isArray(heads) ? sum(heads) : layers * (typeof heads === 'number' ? heads : 0);
  const headLength = numberOf(header, 'embedding_length') / (headsOf(header) || 1);
  const keyLength = numberOf(header, 'attention.key_length', headLength);
  const valueLength = numberOf(header, 'attention.value_length', headLength);
  return cachedTokens(header, options) * headCounts * (keyLength + valueLength) * CACHED_BYTES;
}

/** Logits of an evaluation, computed and handed over, and the scores of attention of one layer, twice. */
function workingBytes(header: GgufHeader, options: LlamaOptions): number {
  const isPooled = poolingOf(header, options) !== undefined;
  const tokens = isPooled ? capacityTokensOf(header, options) : options.batchTokens;
  const seen = isPooled ? tokens : options.cacheTokens || contextOf(header, options);
  return 2 * tokens * (vocabularySizeOf(header) + headsOf(header) * seen) * COMPUTED_BYTES;
}

function cachedTokens(header: GgufHeader, options: LlamaOptions): number {
  if (poolingOf(header, options) !== undefined) return capacityTokensOf(header, options);
  const perSlot = Math.ceil(contextOf(header, options) / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS;
  return options.cacheTokens || perSlot * options.slots;
}

/** Most heads of a layer. */
function headsOf(header: GgufHeader): number {
  const heads = architectureValue(header, 'attention.head_count');
  return Array.isArray(heads) ? Math.max(0, ...heads) : typeof heads === 'number' ? heads : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
