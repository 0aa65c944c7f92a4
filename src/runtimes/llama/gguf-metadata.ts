import type { GgufHeader, GgufValue } from './gguf-header.js';
import { contextTokensFor, type LlamaOptions } from './options.js';

/** A value of the model's architecture, whose keys begin with its name: `llama.block_count`. */
export function architectureValue({ values }: GgufHeader, key: string): GgufValue | undefined {
  return values.get(`${values.get('general.architecture')}.${key}`);
}

/** The same, of a number from 0 on. */
export function numberOf(header: GgufHeader, key: string, fallback = 0): number {
  const value = architectureValue(header, key);
  return typeof value === 'number' && value >= 0 ? value : fallback;
}

/** Tokens of the vocabulary. */
export function vocabularySizeOf(header: GgufHeader): number {
  const vocabulary = header.values.get('tokenizer.ggml.tokens');
  return typeof vocabulary === 'object' ? vocabulary.length : numberOf(header, 'vocab_size');
}

/** Tokens of a request and its answer together, or of a text. */
export function contextOf(header: GgufHeader, options: LlamaOptions): number {
  return contextTokensFor(options, numberOf(header, 'context_length'));
}
