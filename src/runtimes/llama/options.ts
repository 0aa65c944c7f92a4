import { type SamplingDefaults, withoutUndefined } from '../../core/index.js';
import { NUMBER_LIMITS } from '../../generation/index.js';
import { availableThreads } from '../cpu-quota.js';
import { OptionReader } from '../option-reader.js';
import { TOOL_FORMATS } from './answer/formats/names.js';

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
  /** Path of a file with one, relative to the folder of the model file; '' = none. */
  readonly chatTemplateFile: string;
  readonly toolFormat: (typeof TOOL_FORMAT_CHOICES)[number];
  readonly gpuLayers: number;
  readonly pooling: (typeof POOLINGS)[number];
  /** They come before those of the model's file. */
  readonly sampling: SamplingDefaults;
}

const POOLINGS = ['auto', 'none', 'mean', 'cls', 'lasttoken', 'rank'] as const;
const TOOL_FORMAT_CHOICES = ['auto', ...TOOL_FORMATS] as const;
const SHARING = ['principal', 'all', 'none'] as const;

export function readLlamaOptions(section: Readonly<Record<string, unknown>>): LlamaOptions {
  const reader = new OptionReader('llama', section);
  const options: LlamaOptions = {
    slots: reader.amount('slots') ?? 8,
    contextTokens: reader.amount('contextTokens') ?? 0,
    cacheTokens: reader.amount('cacheTokens') ?? 0,
    maxOutputTokens: reader.amount('maxOutputTokens') ?? 4096,
    threads: reader.amount('threads') ?? 0,
    batchTokens: reader.amount('batchTokens') ?? 512,
    prefillTokens: reader.amount('prefillTokens') ?? 65,
    sharePrefixes: reader.choice('sharePrefixes', SHARING) ?? 'principal',
    deterministic: reader.boolean('deterministic') ?? false,
    chatTemplate: reader.string('chatTemplate') ?? '',
    chatTemplateFile: reader.string('chatTemplateFile') ?? '',
    toolFormat: reader.choice('toolFormat', TOOL_FORMAT_CHOICES) ?? 'auto',
    gpuLayers: reader.amount('gpuLayers') ?? 0,
    pooling: reader.choice('pooling', POOLINGS) ?? 'auto',
    sampling: readSampling(reader.section('sampling')),
  };
  reader.end();
  return options;
}

function readSampling(reader: OptionReader): SamplingDefaults {
  const limits = NUMBER_LIMITS;
  const sampling = withoutUndefined<SamplingDefaults>({
    temperature: reader.number('temperature', limits.temperature),
    topP: reader.number('topP', limits.topP),
    topK: reader.number('topK', limits.topK),
    minP: reader.number('minP', limits.minP),
    frequencyPenalty: reader.number('frequencyPenalty', limits.frequencyPenalty),
    presencePenalty: reader.number('presencePenalty', limits.presencePenalty),
    repetitionPenalty: reader.number('repetitionPenalty', limits.repetitionPenalty),
  });
  reader.end();
  return sampling;
}

/** Threads that evaluate. */
export function threadsFor({ threads }: LlamaOptions): number {
  return threads || Math.max(1, availableThreads() - 1);
}

/** Where neither the configuration nor the model says less. */
const DEFAULT_CONTEXT_TOKENS = 4096;

/** Tokens of the longest text; `trainedContextTokens` 0 = the model does not say. */
export function contextTokensFor({ contextTokens }: LlamaOptions, trainedContextTokens: number): number {
  return contextTokens || Math.min(trainedContextTokens || DEFAULT_CONTEXT_TOKENS, DEFAULT_CONTEXT_TOKENS);
}
