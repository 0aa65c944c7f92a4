import {
  type GenerationParameters,
  type GenerationSpec,
  invalidParameter,
  isIntegerWithin,
  type NumberLimit,
  ParameterReader,
  type Parameters,
  type ResponseFormat,
  type ToolChoice,
  withoutUndefined,
} from '../core/index.js';
import {
  areBreakers,
  BREAKERS_FORM,
  MAX_CHOICE_CHARACTERS,
  MAX_GUIDED_CHOICES,
  MAX_LOGIT_BIAS,
  MAX_LOGIT_BIASES,
  MAX_STOP_CHARACTERS,
  MAX_STOP_TOKENS,
  MAX_STOPS,
  NUMBER_LIMITS,
} from './limits.js';

/**
 * Reads the parameters of a request in the names of OpenAI's API and vLLM's additions to it (`max_tokens`). Throws `invalid_argument` naming the
 * parameter, what was expected and what came, also for one that is not known.
 */
export function readGenerationParameters(
  parameters: Parameters,
  { vocabularySize }: Pick<GenerationSpec, 'vocabularySize'>,
): GenerationParameters {
  const reader = new GenerationReader(parameters);
  const limits = NUMBER_LIMITS;
  const generation = withoutUndefined<GenerationParameters>({
    maxTokens: reader.integer('max_tokens', limits.maxTokens),
    temperature: reader.number('temperature', limits.temperature),
    topP: reader.number('top_p', limits.topP),
    topK: reader.integer('top_k', { ...limits.topK, most: vocabularySize ?? limits.topK.most }),
    minP: reader.number('min_p', limits.minP),
    typicalP: reader.number('typical_p', limits.typicalP),
    frequencyPenalty: reader.number('frequency_penalty', limits.frequencyPenalty),
    presencePenalty: reader.number('presence_penalty', limits.presencePenalty),
    repetitionPenalty: reader.number('repetition_penalty', limits.repetitionPenalty),
    dryMultiplier: reader.number('dry_multiplier', limits.dryMultiplier),
    dryBase: reader.number('dry_base', limits.dryBase),
    dryAllowedLength: reader.integer('dry_allowed_length', limits.dryAllowedLength),
    dryPenaltyLastN: reader.integer('dry_penalty_last_n', limits.dryPenaltyLastN),
    drySequenceBreakers: reader.breakers(),
    xtcProbability: reader.number('xtc_probability', limits.xtcProbability),
    xtcThreshold: reader.number('xtc_threshold', limits.xtcThreshold),
    mirostat: reader.integer('mirostat', limits.mirostat),
    mirostatTau: reader.number('mirostat_tau', limits.mirostatTau),
    mirostatEta: reader.number('mirostat_eta', limits.mirostatEta),
    logitBias: reader.biases(vocabularySize),
    seed: reader.integer('seed', limits.seed),
    stop: reader.stops(),
    stopTokenIds: reader.stopTokens(vocabularySize),
    minTokens: reader.integer('min_tokens', limits.minTokens),
    ignoreEos: reader.boolean('ignore_eos'),
    echo: reader.boolean('echo'),
    returnTokenIds: reader.boolean('return_token_ids'),
    addSpecial: reader.boolean('add_special'),
    parseSpecial: reader.boolean('parse_special'),
    responseFormat: reader.format(),
    // The functions in it are read with the tools of the conversation.
    toolChoice: reader.any('tool_choice') as ToolChoice | undefined,
    parallelToolCalls: reader.boolean('parallel_tool_calls'),
    cacheSalt: reader.string('cache_salt'),
    logprobs: reader.integer('logprobs', limits.logprobs),
    promptLogprobs: reader.integer('prompt_logprobs', limits.promptLogprobs),
    suffix: reader.string('suffix'),
    dropOldestTurns: reader.boolean('drop_oldest_turns'),
    truncatePromptTokens: reader.countOrRest('truncate_prompt_tokens', limits.truncatePromptTokens),
  });
  reader.end();
  checkTogether(generation);
  return generation;
}

/** What contradicts itself. */
function checkTogether(generation: GenerationParameters): void {
  const { responseFormat, ignoreEos, truncatePromptTokens, dropOldestTurns, suffix } = generation;
  const { minTokens = 0, maxTokens } = generation;
  if (maxTokens !== undefined && minTokens > maxTokens) {
    throw invalidParameter('min_tokens', `expected at most 'max_tokens' (${maxTokens}), got ${minTokens}`);
  }
  if (responseFormat !== undefined && minTokens > 0) {
    throw invalidParameter('min_tokens', 'expected to be left out where the answer has a form');
  }
  if (responseFormat !== undefined && ignoreEos) {
    throw invalidParameter('ignore_eos', 'expected to be left out where the answer has a form');
  }
  if (minTokens > 0 && mustCall(generation.toolChoice)) {
    throw invalidParameter('min_tokens', 'expected to be left out where a tool has to be called');
  }
  if (truncatePromptTokens === undefined) return;
  if (dropOldestTurns) {
    throw invalidParameter('truncate_prompt_tokens', "expected to be left out beside 'drop_oldest_turns'");
  }
  if (suffix !== undefined) throw invalidParameter('truncate_prompt_tokens', "expected to be left out beside 'suffix'");
}

/** Whether an answer has to call a tool. */
function mustCall(choice: ToolChoice | undefined): boolean {
  if (choice === undefined || choice === 'auto' || choice === 'none') return false;
  return typeof choice === 'string' || choice.type === 'function' || choice.allowed_tools?.mode === 'required';
}

class GenerationReader extends ParameterReader {
  /** From 1 on, or -1 for as many as there is room for. */
  countOrRest(name: string, limit: NumberLimit): number | undefined {
    const value = this.anyInteger(name);
    if (value === undefined) return undefined;
    if (!isIntegerWithin(value, INT32)) return this.refuse(name, `an integer from ${INT32.least} to ${INT32.most}`);
    if (isIntegerWithin(value, limit) && value !== 0) return value;
    return this.refuse(name, 'an integer from 1 on, or -1');
  }

  format(): ResponseFormat | undefined {
    const schema = this.any('json_schema');
    const strict = this.boolean('json_schema_strict') ?? true;
    const anyObject = this.boolean('json_object') ?? false;
    const choices = this.choices();
    const regex = this.string('guided_regex');
    const grammar = this.string('guided_grammar');
    const given: Readonly<Record<string, ResponseFormat | undefined>> = {
      json_schema: schema === undefined ? undefined : { type: 'json_schema', schema, strict },
      json_object: anyObject ? { type: 'json_object' } : undefined,
      guided_choice: choices === undefined ? undefined : { type: 'choice', choices },
      guided_regex: regex === undefined ? undefined : { type: 'regex', regex },
      guided_grammar: grammar === undefined ? undefined : { type: 'grammar', grammar },
    };
    const [first, second] = Object.entries(given).filter(([, format]) => format !== undefined);
    if (second !== undefined) throw invalidParameter(second[0], `expected to be left out beside '${first?.[0]}'`);
    return first?.[1];
  }

  choices(): readonly string[] | undefined {
    const value = this.any('guided_choice');
    if (value === undefined) return undefined;
    if (isChoices(value)) return value;
    return this.refuse('guided_choice', CHOICES_EXPECTED);
  }

  stops(): readonly string[] | undefined {
    const value = this.any('stop');
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isStop = (stop: unknown): stop is string =>
      typeof stop === 'string' && stop !== '' && stop.length <= MAX_STOP_CHARACTERS;
    if (list.length <= MAX_STOPS && list.every(isStop)) return list;
    return this.refuse('stop', `a string, or up to ${MAX_STOPS}, of 1 to ${MAX_STOP_CHARACTERS} characters`);
  }

  stopTokens(vocabularySize = Number.POSITIVE_INFINITY): readonly number[] | undefined {
    const value = this.any('stop_token_ids');
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [undefined];
    const ids = list.map((id) => (typeof id === 'number' || typeof id === 'bigint' ? Number(id) : Number.NaN));
    const isToken = (id: number) => isIntegerWithin(id, { least: 0, most: vocabularySize - 1 });
    if (ids.length <= MAX_STOP_TOKENS && ids.every(isToken)) return ids;
    const below = Number.isFinite(vocabularySize) ? ` below ${vocabularySize}` : '';
    return this.refuse('stop_token_ids', `a list of up to ${MAX_STOP_TOKENS} token ids${below}`);
  }

  breakers(): readonly string[] | undefined {
    const value = this.any('dry_sequence_breakers');
    if (value === undefined || areBreakers(value)) return value;
    return this.refuse('dry_sequence_breakers', BREAKERS_FORM);
  }

  biases(vocabularySize = Number.POSITIVE_INFINITY): GenerationParameters['logitBias'] {
    const value = this.any('logit_bias');
    if (value === undefined) return undefined;
    const below = Number.isFinite(vocabularySize) ? ` below ${vocabularySize}` : '';
    const expected = `an object of up to ${MAX_LOGIT_BIASES} token ids${below}, each with a number from -${MAX_LOGIT_BIAS} to ${MAX_LOGIT_BIAS}`;
    if (typeof value !== 'object' || Array.isArray(value)) return this.refuse('logit_bias', expected);
    const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
    const isBias = ([token, bias]: readonly [string, unknown]) => {
      const id = Number(token);
      const isToken = Number.isInteger(id) && id >= 0 && id < vocabularySize;
      return isToken && typeof bias === 'number' && Math.abs(bias) <= MAX_LOGIT_BIAS;
    };
    if (entries.length > MAX_LOGIT_BIASES || !entries.every(isBias)) this.refuse('logit_bias', expected);
    return value as Readonly<Record<string, number>>;
  }
}

/** What {@link isChoices} takes. */
export const CHOICES_EXPECTED = `a list of up to ${MAX_GUIDED_CHOICES} texts, none of them empty, with ${MAX_CHOICE_CHARACTERS} characters in all at most`;

/** Whether a value is texts of which an answer can be one. */
export function isChoices(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_GUIDED_CHOICES) return false;
  if (!value.every((text) => typeof text === 'string' && text !== '')) return false;
  return value.reduce((sum: number, text: string) => sum + text.length, 0) <= MAX_CHOICE_CHARACTERS;
}

const INT32: NumberLimit = { least: -(2 ** 31), most: 2 ** 31 - 1 };
