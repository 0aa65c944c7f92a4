import type { GenerationParameters, SamplingParameters } from '../../../core/index.js';
import { SAMPLING_DEFAULTS } from '../../../generation/index.js';

/** {@link SamplingParameters} with their defaults; a `topK` of -1 is 0 here. */
export interface SamplingOptions extends Required<Omit<SamplingParameters, 'logitBias' | 'seed'>> {
  /** Added to logits, by token. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly seed: number | undefined;
}

type Defaulted =
  | 'stop'
  | 'stopTokenIds'
  | 'minTokens'
  | 'ignoreEos'
  | 'echo'
  | 'returnTokenIds'
  | 'addSpecial'
  | 'parseSpecial'
  | 'cacheSalt';
type Optional =
  | 'maxTokens'
  | 'toolChoice'
  | 'parallelToolCalls'
  | 'logprobs'
  | 'promptLogprobs'
  | 'suffix'
  | 'truncatePromptTokens'
  | 'responseFormat';
type OrUndefined<Value> = { readonly [Name in keyof Value]-?: Value[Name] | undefined };

/** llama.cpp's own. */
const DRY_BREAKERS = ['\n', ':', '"', '*'] as const;

/** {@link GenerationParameters} with their defaults. */
export interface GenerationOptions
  extends SamplingOptions,
    Required<Pick<GenerationParameters, Defaulted>>,
    OrUndefined<Pick<GenerationParameters, Optional>> {
  /** Of conversations: the oldest turns are left out where it does not fit. */
  readonly dropsTurns: boolean;
}

/** The parameters of a request, with defaults for the missing ones. */
export function generationOptions(request: GenerationParameters): GenerationOptions {
  return {
    maxTokens: request.maxTokens,
    temperature: request.temperature ?? SAMPLING_DEFAULTS.temperature,
    topP: request.topP ?? SAMPLING_DEFAULTS.topP,
    topK: Math.max(0, request.topK ?? SAMPLING_DEFAULTS.topK),
    minP: request.minP ?? SAMPLING_DEFAULTS.minP,
    typicalP: request.typicalP ?? 1,
    frequencyPenalty: request.frequencyPenalty ?? SAMPLING_DEFAULTS.frequencyPenalty,
    presencePenalty: request.presencePenalty ?? SAMPLING_DEFAULTS.presencePenalty,
    repetitionPenalty: request.repetitionPenalty ?? SAMPLING_DEFAULTS.repetitionPenalty,
    dryMultiplier: request.dryMultiplier ?? 0,
    dryBase: request.dryBase ?? 1.75,
    dryAllowedLength: request.dryAllowedLength ?? 2,
    dryPenaltyLastN: request.dryPenaltyLastN ?? -1,
    drySequenceBreakers: request.drySequenceBreakers ?? DRY_BREAKERS,
    xtcProbability: request.xtcProbability ?? 0,
    xtcThreshold: request.xtcThreshold ?? 0.1,
    mirostat: request.mirostat ?? 0,
    mirostatTau: request.mirostatTau ?? 5,
    mirostatEta: request.mirostatEta ?? 0.1,
    logitBias: new Map(Object.entries(request.logitBias ?? {}).map(([token, bias]) => [Number(token), bias])),
    seed: request.seed,
    stop: request.stop ?? [],
    stopTokenIds: request.stopTokenIds ?? [],
    minTokens: request.minTokens ?? 0,
    ignoreEos: request.ignoreEos ?? false,
    echo: request.echo ?? false,
    returnTokenIds: request.returnTokenIds ?? false,
    addSpecial: request.addSpecial ?? true,
    parseSpecial: request.parseSpecial ?? true,
    toolChoice: request.toolChoice,
    parallelToolCalls: request.parallelToolCalls,
    cacheSalt: request.cacheSalt ?? '',
    logprobs: request.logprobs,
    promptLogprobs: request.promptLogprobs,
    suffix: request.suffix,
    dropsTurns: request.dropOldestTurns ?? false,
    truncatePromptTokens: request.truncatePromptTokens,
    responseFormat: request.responseFormat,
  };
}
