import { type GgufValue, readGgufHeader } from './gguf-header.js';
import { contextTokensFor, type LlamaOptions, readLlamaOptions } from './options.js';

/** Weights are mapped, and llama.cpp may keep a second copy of them in the order that the processor's kernels read. */
const WEIGHT_COPIES = 2;
/** Of a key or value in the cache, and of a number that is computed. */
const CACHED_BYTES = 2;
const COMPUTED_BYTES = 4;
/** Of a file whose metadata cannot be read: nothing is known of its cache. */
const UNKNOWN_FACTOR = 3;
/** Slots have memory for a multiple of so many tokens. */
const CACHE_STEP_TOKENS = 256;

type Metadata = ReadonlyMap<string, GgufValue>;

/** Most resident bytes that a language model needs: its file, the KV cache of all slots, and what an evaluation computes. */
export async function estimateLlamaMemory(model: {
  readonly path: string;
  readonly sizeBytes: number;
  readonly options: Readonly<Record<string, unknown>>;
}): Promise<number> {
  const options = readLlamaOptions(model.options);
  const metadata = await readGgufHeader(model.path).catch(() => undefined);
  if (metadata === undefined) return model.sizeBytes * UNKNOWN_FACTOR;
  return model.sizeBytes * WEIGHT_COPIES + cacheBytes(metadata, options) + workingBytes(metadata, options);
}

/** Keys and values of each token, head and layer. */
export function cacheBytes(metadata: Metadata, options: LlamaOptions): number {
  const layers = Math.min(numberOf(metadata, 'block_count'), 10_000);
  const heads = metadata.get(keyOf(metadata, 'attention.head_count_kv')) ?? headsOf(metadata);
  const headCounts = Array.isArray(heads) ? sum(heads) : layers * (typeof heads === 'number' ? heads : 0);
  const headLength = numberOf(metadata, 'embedding_length') / (headsOf(metadata) || 1);
  const keyLength = numberOf(metadata, 'attention.key_length', headLength);
  const valueLength = numberOf(metadata, 'attention.value_length', headLength);
  return cachedTokens(metadata, options) * headCounts * (keyLength + valueLength) * CACHED_BYTES;
}

/** Logits of an evaluation, computed and handed over, and the scores of attention of one layer, twice. */
function workingBytes(metadata: Metadata, options: LlamaOptions): number {
  const vocabulary = metadata.get('tokenizer.ggml.tokens');
  const logits = typeof vocabulary === 'object' ? vocabulary.length : numberOf(metadata, 'vocab_size');
  const scores = headsOf(metadata) * (options.cacheTokens || contextOf(metadata, options));
  return 2 * options.batchTokens * (logits + scores) * COMPUTED_BYTES;
}

function cachedTokens(metadata: Metadata, options: LlamaOptions): number {
  const perSlot = Math.ceil(contextOf(metadata, options) / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS;
  return options.cacheTokens || perSlot * options.slots;
}

/** Tokens of a request and its answer together. */
export function contextOf(metadata: Metadata, options: LlamaOptions): number {
  return contextTokensFor(options, numberOf(metadata, 'context_length'));
}

/** Most heads of a layer. */
function headsOf(metadata: Metadata): number {
  const heads = metadata.get(keyOf(metadata, 'attention.head_count'));
  return Array.isArray(heads) ? Math.max(0, ...heads) : typeof heads === 'number' ? heads : 0;
}

function numberOf(metadata: Metadata, key: string, fallback = 0): number {
  const value = metadata.get(keyOf(metadata, key));
  return typeof value === 'number' && value >= 0 ? value : fallback;
}

/** Keys begin with the name of the architecture: `llama.block_count`. */
function keyOf(metadata: Metadata, key: string): string {
  return `${metadata.get('general.architecture')}.${key}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
