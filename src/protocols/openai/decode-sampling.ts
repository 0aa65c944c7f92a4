import { type GenerationParameters, withoutUndefined } from '../../core/index.js';
import { MAX_STOP_TOKENS, MAX_STOPS, NUMBER_LIMITS } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { readSampling } from './read-sampling.js';
import { readWithoutEffect } from './without-effect.js';

/** How answers are generated and given. */
export interface AnswerRequest {
  /** Choices that are generated independently. */
  readonly n: number;
  readonly stream: boolean;
  /** A last event tells the tokens that a stream took. */
  readonly includeUsage: boolean;
  readonly parameters: GenerationParameters;
}

const MAX_CHOICES = 128;
/** Reads what chat completions and completions have in common, `max_tokens` and `logprobs` excepted. */
export function readGeneration(fields: Fields): AnswerRequest {
  const stream = fields.boolean('stream') ?? false;
  const includeUsage = readIncludeUsage(fields, stream);
  const n = fields.integer('n', { least: 1, most: MAX_CHOICES }) ?? 1;
  const parameters = withoutUndefined<GenerationParameters>({
    ...readSampling(fields),
    stop: readStop(fields),
    stopTokenIds: readStopTokens(fields),
    minTokens: fields.integer('min_tokens', NUMBER_LIMITS.minTokens) || undefined,
    ignoreEos: fields.boolean('ignore_eos'),
    cacheSalt: fields.string('cache_salt'),
    truncatePromptTokens: fields.integer('truncate_prompt_tokens', NUMBER_LIMITS.truncatePromptTokens),
  });
  readWithoutEffect(fields);
  return { n, stream, includeUsage, parameters };
}

/** The first of these names that is given, as a limit on tokens; Infinity = -1, as many as the model gives. */
export function readMaxTokens(fields: Fields, names: readonly string[], least: 0 | 1): number | undefined {
  const limits = names.map((name) =>
    fields.any(name) === -1 ? Number.POSITIVE_INFINITY : fields.integer(name, { ...NUMBER_LIMITS.maxTokens, least }),
  );
  return limits.find((limit) => limit !== undefined);
}

/** undefined = the model's own limit. */
export function finite(maxTokens: number | undefined): number | undefined {
  return maxTokens === Number.POSITIVE_INFINITY ? undefined : maxTokens;
}

function readIncludeUsage(fields: Fields, stream: boolean): boolean {
  const value = fields.any('stream_options');
  if (value === undefined) return false;
  const options = fields.inner(value, 'stream_options');
  if (!stream) fields.refuse('stream_options', "to be left out where 'stream' is not true");
  const includeUsage = options.boolean('include_usage') ?? false;
  options.boolean('include_obfuscation');
  options.hint(['continuous_usage_stats'], false);
  options.end();
  return includeUsage;
}

function readStop(fields: Fields): readonly string[] | undefined {
  const value = fields.any('stop');
  if (value === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MAX_STOPS || !list.every((stop) => typeof stop === 'string' && stop !== '')) {
    fields.refuse('stop', `a string, or up to ${MAX_STOPS}, none of them empty`);
  }
  return list.length === 0 ? undefined : (list as readonly string[]);
}

function readStopTokens(fields: Fields): readonly number[] | undefined {
  const value = fields.any('stop_token_ids');
  if (value === undefined) return undefined;
  const isToken = (token: unknown): token is number => Number.isInteger(token) && (token as number) >= 0;
  if (!Array.isArray(value) || value.length > MAX_STOP_TOKENS || !value.every(isToken)) {
    return fields.refuse('stop_token_ids', `a list of up to ${MAX_STOP_TOKENS} token ids`);
  }
  return value.length === 0 ? undefined : value;
}
