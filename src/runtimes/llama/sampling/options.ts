import { invalidArgument, invalidParameter, type Parameters, type ParameterValue } from '../../../core/index.js';
import { type StructuredOutput, structuredOutput } from '../grammar/structured-output.js';

/** How tokens are chosen, in the terms of OpenAI's API and vLLM's additions to it. */
export interface SamplingOptions {
  /** 0 = always the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together have this probability. 1 = all. */
  readonly topP: number;
  /** Only so many of the most probable tokens. 0 = all. */
  readonly topK: number;
  /** Only tokens that have at least this part of the probability of the most probable one. */
  readonly minP: number;
  /** Taken off a token's logit for each time that it was generated. */
  readonly frequencyPenalty: number;
  /** Taken off a token's logit once it was generated. */
  readonly presencePenalty: number;
  /** Divides the logits of tokens that were in the prompt or generated, where they are positive; multiplies others. 1 = nothing. */
  readonly repetitionPenalty: number;
  /** Added to logits, by token. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly seed: number | undefined;
}

/** What a request says of its generation. */
export interface GenerationOptions extends SamplingOptions {
  /** 0 = the prompt is only tokenised. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly ignoreEos: boolean;
  /** The answer begins with the prompt. */
  readonly echo: boolean;
  /** Tokens of the prompt and of the answer are told. */
  readonly returnTokenIds: boolean;
  /** Of texts: what the model wants before them is put there. */
  readonly addSpecial: boolean;
  /** Of texts: `<|im_end|>` and the like are read as the tokens that they name. */
  readonly parseSpecial: boolean;
  /** What the text has to be; undefined = anything. */
  readonly output: StructuredOutput | undefined;
  /** Which of the tools of a conversation is to be called, in OpenAI's form. */
  readonly toolChoice: ParameterValue | undefined;
  /** Several tools may be called; undefined = if the model wants to. */
  readonly parallelToolCalls: boolean | undefined;
  /** Requests with another one save nothing of this one's prompt. */
  readonly cacheSalt: string;
  /** Alternatives of each token whose probabilities are told; undefined = no probabilities. */
  readonly logprobs: number | undefined;
  /** The same of the prompt's tokens; undefined = they are not told. */
  readonly promptLogprobs: number | undefined;
  /** Of texts: what comes behind the answer; undefined = the answer goes on with the text. */
  readonly suffix: string | undefined;
  /** Only so many of the prompt's last tokens are read; -1 = as many as leave room for the answer, undefined = all, or none. */
  readonly truncatePromptTokens: number | undefined;
  /** Of conversations: the oldest turns are left out where it does not fit. */
  readonly dropsTurns: boolean;
}

export const MAX_STOPS = 16;
const MAX_STOP_LENGTH = 1_024;
const MAX_BIASES = 1_024;
export const MAX_LOGPROBS = 20;

/** Reads a request's parameters; throws `invalid_argument` naming the parameter, what was expected and what came. */
export function readGenerationOptions(parameters: Parameters, vocabularySize: number): GenerationOptions {
  const reader = new ParameterReader(parameters);
  const options: GenerationOptions = {
    maxTokens: reader.optional('max_tokens', (name) => reader.integer(name, 0, 2 ** 31 - 1)),
    temperature: reader.number('temperature', { least: 0, most: 2, fallback: 1 }),
    topP: reader.number('top_p', { least: 0, most: 1, fallback: 1 }),
    topK: reader.optional('top_k', (name) => Math.max(0, reader.integer(name, -1, vocabularySize))) ?? 0,
    minP: reader.number('min_p', { least: 0, most: 1, fallback: 0 }),
    frequencyPenalty: reader.number('frequency_penalty', { least: -2, most: 2, fallback: 0 }),
    presencePenalty: reader.number('presence_penalty', { least: -2, most: 2, fallback: 0 }),
    repetitionPenalty: reader.number('repetition_penalty', { least: 0.01, most: 10, fallback: 1 }),
    logitBias: reader.biases('logit_bias', vocabularySize),
    seed: reader.optional('seed', (name) => reader.integer(name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
    stop: reader.stops('stop'),
    ignoreEos: reader.boolean('ignore_eos', false),
    echo: reader.boolean('echo', false),
    returnTokenIds: reader.boolean('return_token_ids', false),
    addSpecial: reader.boolean('add_special', true),
    parseSpecial: reader.boolean('parse_special', true),
    output: structuredOutput({
      schema: reader.any('json_schema'),
      isStrict: reader.boolean('json_schema_strict', true),
      anyObject: reader.boolean('json_object', false),
    }),
    toolChoice: reader.any('tool_choice'),
    parallelToolCalls: reader.optional('parallel_tool_calls', (name) => reader.boolean(name, true)),
    cacheSalt: reader.optional('cache_salt', (name) => reader.string(name)) ?? '',
    logprobs: reader.optional('logprobs', (name) => reader.integer(name, 0, MAX_LOGPROBS)),
    promptLogprobs: reader.optional('prompt_logprobs', (name) => reader.integer(name, 0, MAX_LOGPROBS)),
    suffix: reader.optional('suffix', (name) => reader.string(name)),
    dropsTurns: reader.boolean('drop_oldest_turns', false),
    truncatePromptTokens: reader.optional('truncate_prompt_tokens', (name) => reader.countOrRest(name)),
  };
  reader.end();
  if (options.output !== undefined && options.ignoreEos) {
    throw invalidParameter('ignore_eos', 'expected to be left out where the answer has to be JSON');
  }
  if (options.truncatePromptTokens !== undefined && options.dropsTurns) {
    throw invalidParameter('truncate_prompt_tokens', "expected to be left out beside 'drop_oldest_turns'");
  }
  if (options.truncatePromptTokens !== undefined && options.suffix !== undefined) {
    throw invalidParameter('truncate_prompt_tokens', "expected to be left out beside 'suffix'");
  }
  return options;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly fallback: number;
}

class ParameterReader {
  readonly #parameters: Parameters;
  readonly #known = new Set<string>();

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  optional<Value>(name: string, read: (name: string) => Value): Value | undefined {
    return this.#take(name) === undefined ? undefined : read(name);
  }

  any(name: string): ParameterValue | undefined {
    return this.#take(name);
  }

  number(name: string, { least, most, fallback }: Range): number {
    const value = this.#take(name) ?? fallback;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      this.#refuse(name, `a number from ${least} to ${most}`);
    }
    return value;
  }

  integer(name: string, least: number, most: number): number {
    const taken = this.#take(name);
    const value = typeof taken === 'bigint' ? Number(taken) : taken;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      this.#refuse(name, `an integer from ${least} to ${most}`);
    }
    return value;
  }

  /** From 1 on, or -1 for as many as there is room for. */
  countOrRest(name: string): number {
    const value = this.integer(name, -(2 ** 31), 2 ** 31 - 1);
    if (value < -1 || value === 0) this.#refuse(name, 'an integer from 1 on, or -1');
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#take(name) ?? fallback;
    if (typeof value !== 'boolean') this.#refuse(name, 'true or false');
    return value;
  }

  string(name: string): string {
    const value = this.#take(name);
    if (typeof value !== 'string') this.#refuse(name, 'a string');
    return value;
  }

  stops(name: string): readonly string[] {
    const value = this.#take(name) ?? [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isStop = (stop: unknown): stop is string =>
      typeof stop === 'string' && stop !== '' && stop.length <= MAX_STOP_LENGTH;
    if (list.length > MAX_STOPS || !list.every(isStop)) {
      this.#refuse(name, `a string, or up to ${MAX_STOPS}, of 1 to ${MAX_STOP_LENGTH} characters`);
    }
    return list;
  }

  biases(name: string, vocabularySize: number): ReadonlyMap<number, number> {
    const value = this.#take(name) ?? {};
    const expected = `an object of up to ${MAX_BIASES} token ids below ${vocabularySize}, each with a number from -100 to 100`;
    if (typeof value !== 'object' || Array.isArray(value)) this.#refuse(name, expected);
    const entries = Object.entries(value).map(([token, bias]) => [Number(token), bias] as const);
    const isBias = (entry: readonly [number, unknown]): entry is readonly [number, number] => {
      const [token, bias] = entry;
      return (
        Number.isInteger(token) &&
        token >= 0 &&
        token < vocabularySize &&
        typeof bias === 'number' &&
        Math.abs(bias) <= 100
      );
    };
    if (entries.length > MAX_BIASES || !entries.every(isBias)) this.#refuse(name, expected);
    return new Map(entries);
  }

  /** Refuses whatever has not been read: it would do nothing. */
  end(): void {
    const unknown = Object.keys(this.#parameters).find((name) => !this.#known.has(name));
    if (unknown === undefined) return;
    const message = `parameter '${unknown}' is not known; expected ${[...this.#known].join(', ')}`;
    throw invalidArgument(message, { subject: { parameter: unknown } });
  }

  #take(name: string): ParameterValue | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#parameters, name) ? this.#parameters[name] : undefined;
  }

  #refuse(name: string, expected: string): never {
    const value = this.#parameters[name];
    const got = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    throw invalidParameter(name, `expected ${expected}, got ${got.length > 80 ? `${got.slice(0, 80)}…` : got}`);
  }
}
