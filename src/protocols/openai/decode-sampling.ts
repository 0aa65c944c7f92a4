import { type GenerationParameters, withoutUndefined } from '../../core/index.js';
import { MAX_STOPS, NUMBER_LIMITS } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';

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
    temperature: fields.number('temperature', NUMBER_LIMITS.temperature),
    topP: fields.number('top_p', NUMBER_LIMITS.topP),
    topK: fields.integer('top_k', NUMBER_LIMITS.topK),
    minP: fields.number('min_p', NUMBER_LIMITS.minP),
    frequencyPenalty: fields.number('frequency_penalty', NUMBER_LIMITS.frequencyPenalty),
    presencePenalty: fields.number('presence_penalty', NUMBER_LIMITS.presencePenalty),
    repetitionPenalty: fields.number('repetition_penalty', NUMBER_LIMITS.repetitionPenalty),
    seed: fields.integer('seed', NUMBER_LIMITS.seed),
    stop: readStop(fields),
    logitBias: readLogitBias(fields),
    ignoreEos: fields.boolean('ignore_eos'),
    cacheSalt: fields.string('cache_salt'),
    truncatePromptTokens: fields.integer('truncate_prompt_tokens', NUMBER_LIMITS.truncatePromptTokens),
  });
  // Labels that a caller puts on requests for itself.
  fields.ignore('user', 'metadata', 'safety_identifier', 'prompt_cache_key');
  fields.unsupported('store', false);
  fields.unsupported('service_tier', 'auto', 'default');
  return { n, stream, includeUsage, parameters };
}

/** `name` as a limit on tokens. */
export function readMaxTokens(fields: Fields, name: string, least: 0 | 1): number | undefined {
  return fields.integer(name, { ...NUMBER_LIMITS.maxTokens, least });
}

function readIncludeUsage(fields: Fields, stream: boolean): boolean {
  const options = fields.any('stream_options');
  if (options === undefined) return false;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    fields.refuse('stream_options', 'an object');
  if (!stream) fields.refuse('stream_options', "to be left out where 'stream' is not true");
  const { include_usage: includeUsage = false, include_obfuscation: obfuscation = false } = options as Record<
    string,
    unknown
  >;
  if (typeof includeUsage !== 'boolean' || typeof obfuscation !== 'boolean') {
    fields.refuse('stream_options', "an object with 'include_usage' true or false");
  }
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

function readLogitBias(fields: Fields): Readonly<Record<string, number>> | undefined {
  const value = fields.any('logit_bias');
  if (value === undefined) return undefined;
  const entries =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  const isBias = ([token, bias]: [string, unknown]) =>
    /^\d+$/.test(token) && typeof bias === 'number' && Math.abs(bias) <= 100;
  if (entries === undefined || !entries.every(isBias)) {
    fields.refuse('logit_bias', 'an object of token ids, each with a number from -100 to 100');
  }
  return entries.length === 0 ? undefined : (value as Record<string, number>);
}
