import { availableParallelism } from 'node:os';
import { OptionReader } from '../option-reader.js';

/** The `llama` section of a model configuration, completed with its defaults. */
export interface LlamaOptions {
  readonly slots: number;
  /** 0 = by the model. */
  readonly contextTokens: number;
  /** 0 = memory for the longest text in every slot. */
  readonly cacheTokens: number;
  readonly maxOutputTokens: number;
  /** 0 = by the machine. */
  readonly threads: number;
  readonly batchTokens: number;
  readonly prefillTokens: number;
  readonly sharePrefixes: (typeof SHARING)[number];
  readonly deterministic: boolean;
  /** '' = the model's own. */
  readonly chatTemplate: string;
  readonly gpuLayers: number;
  readonly pooling: (typeof POOLINGS)[number];
}

const POOLINGS = ['auto', 'none', 'mean', 'cls', 'lasttoken', 'rank'] as const;
const SHARING = ['principal', 'all', 'none'] as const;

export function readLlamaOptions(section: Readonly<Record<string, unknown>>): LlamaOptions {
  const reader = new OptionReader('llama', section);
  const options: LlamaOptions = {
    slots: reader.number('slots', 8),
    contextTokens: reader.number('contextTokens', 0),
    cacheTokens: reader.number('cacheTokens', 0),
    maxOutputTokens: reader.number('maxOutputTokens', 4096),
    threads: reader.number('threads', 0),
    batchTokens: reader.number('batchTokens', 512),
    prefillTokens: reader.number('prefillTokens', 65),
    sharePrefixes: reader.choice('sharePrefixes', SHARING, 'principal'),
    deterministic: reader.boolean('deterministic', false),
    chatTemplate: reader.string('chatTemplate', ''),
    gpuLayers: reader.number('gpuLayers', 0),
    pooling: reader.choice('pooling', POOLINGS, 'auto'),
  };
  reader.end();
  return options;
}

/** Threads that evaluate. */
export function threadsFor({ threads }: LlamaOptions): number {
  return threads || Math.max(1, availableParallelism() - 1);
}

/** Where neither the configuration nor the model says less. */
const DEFAULT_CONTEXT_TOKENS = 4096;

/** Tokens of the longest text; `trainedContextTokens` 0 = the model does not say. */
export function contextTokensFor({ contextTokens }: LlamaOptions, trainedContextTokens: number): number {
  return contextTokens || Math.min(trainedContextTokens || DEFAULT_CONTEXT_TOKENS, DEFAULT_CONTEXT_TOKENS);
}
