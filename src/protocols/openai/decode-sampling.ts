import type { Parameters, ParameterValue } from '../../core/index.js';
import type { Fields } from './fields.js';

/** How an answer is generated and given. */
export interface GenerationRequest {
  /** Choices that are generated independently. */
  readonly n: number;
  readonly stream: boolean;
  /** A last event tells the tokens that a stream took. */
  readonly includeUsage: boolean;
  /** What the model is told. */
  readonly parameters: Parameters;
}

const MAX_CHOICES = 128;
const MAX_STOPS = 16;
const MAX_TOKENS = 2 ** 31 - 1;

/** Reads what chat completions and completions have in common, `max_tokens` and `logprobs` excepted. */
export function readGeneration(
  fields: Fields,
): Omit<GenerationRequest, 'parameters'> & { parameters: Record<string, ParameterValue> } {
  const stream = fields.boolean('stream') ?? false;
  const includeUsage = readIncludeUsage(fields, stream);
  const n = fields.integer('n', 1, MAX_CHOICES) ?? 1;
  const parameters = defined({
    temperature: fields.number('temperature', 0, 2),
    top_p: fields.number('top_p', 0, 1),
    top_k: fields.integer('top_k', -1, MAX_TOKENS),
    min_p: fields.number('min_p', 0, 1),
    frequency_penalty: fields.number('frequency_penalty', -2, 2),
    presence_penalty: fields.number('presence_penalty', -2, 2),
    repetition_penalty: fields.number('repetition_penalty', 0.01, 10),
    seed: fields.integer('seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    stop: readStop(fields),
    logit_bias: readLogitBias(fields),
    ignore_eos: fields.boolean('ignore_eos'),
    cache_salt: fields.string('cache_salt'),
    truncate_prompt_tokens: fields.integer('truncate_prompt_tokens', -1, MAX_TOKENS),
  });
  // Labels that a caller puts on requests for itself.
  fields.ignore('user', 'metadata', 'safety_identifier', 'prompt_cache_key');
  fields.unsupported('store', false);
  fields.unsupported('service_tier', 'auto', 'default');
  return { n, stream, includeUsage, parameters };
}

/** `name` as a limit on tokens. */
export function readMaxTokens(fields: Fields, name: string, least: 0 | 1): number | undefined {
  return fields.integer(name, least, MAX_TOKENS);
}

/** Without what is undefined. */
export function defined(values: Readonly<Record<string, ParameterValue | undefined>>): Record<string, ParameterValue> {
  const entries = Object.entries(values).filter((entry): entry is [string, ParameterValue] => entry[1] !== undefined);
  return Object.fromEntries(entries);
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
