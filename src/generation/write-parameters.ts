import {
  type GenerationParameters,
  type InferRequest,
  type Parameters,
  type ParameterValue,
  type ResponseFormat,
  withoutUndefined,
} from '../core/index.js';

/** The parameters of a request, typed or not, under OpenAI's names. */
export function parametersOfRequest({
  parameters,
  generation,
}: Pick<InferRequest, 'parameters' | 'generation'>): Parameters {
  return generation === undefined ? parameters : writeGenerationParameters(generation);
}

/** Typed parameters as {@link readGenerationParameters} reads them. */
export function writeGenerationParameters(generation: GenerationParameters): Parameters {
  return withoutUndefined<Record<string, ParameterValue>>({
    max_tokens: generation.maxTokens,
    temperature: generation.temperature,
    top_p: generation.topP,
    top_k: generation.topK,
    min_p: generation.minP,
    typical_p: generation.typicalP,
    frequency_penalty: generation.frequencyPenalty,
    presence_penalty: generation.presencePenalty,
    repetition_penalty: generation.repetitionPenalty,
    dry_multiplier: generation.dryMultiplier,
    dry_base: generation.dryBase,
    dry_allowed_length: generation.dryAllowedLength,
    dry_penalty_last_n: generation.dryPenaltyLastN,
    dry_sequence_breakers: generation.drySequenceBreakers,
    xtc_probability: generation.xtcProbability,
    xtc_threshold: generation.xtcThreshold,
    mirostat: generation.mirostat,
    mirostat_tau: generation.mirostatTau,
    mirostat_eta: generation.mirostatEta,
    logit_bias: generation.logitBias,
    seed: generation.seed,
    stop: generation.stop,
    stop_token_ids: generation.stopTokenIds,
    min_tokens: generation.minTokens,
    ignore_eos: generation.ignoreEos,
    echo: generation.echo,
    return_token_ids: generation.returnTokenIds,
    add_special: generation.addSpecial,
    parse_special: generation.parseSpecial,
    ...writeFormat(generation.responseFormat),
    // Plain data, of named members only.
    tool_choice: generation.toolChoice as ParameterValue | undefined,
    parallel_tool_calls: generation.parallelToolCalls,
    cache_salt: generation.cacheSalt,
    logprobs: generation.logprobs,
    prompt_logprobs: generation.promptLogprobs,
    suffix: generation.suffix,
    drop_oldest_turns: generation.dropOldestTurns,
    truncate_prompt_tokens: generation.truncatePromptTokens,
  });
}

function writeFormat(format: ResponseFormat | undefined): Readonly<Record<string, ParameterValue | undefined>> {
  switch (format?.type) {
    case undefined:
      return {};
    case 'json_object':
      return { json_object: true };
    case 'json_schema':
      return { json_schema: format.schema, json_schema_strict: format.strict };
    case 'choice':
      return { guided_choice: format.choices };
    case 'regex':
      return { guided_regex: format.regex };
    case 'grammar':
      return { guided_grammar: format.grammar };
  }
}
