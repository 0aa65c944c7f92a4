import type { GenerationParameters, SamplingParameters } from '../../../core/index.js';
import { type StructuredOutput, structuredOutput } from '../grammar/structured-output.js';

/** {@link SamplingParameters} with their defaults; a `topK` of -1 is 0 here. */
export interface SamplingOptions extends Required<Omit<SamplingParameters, 'logitBias' | 'seed'>> {
  /** Added to logits, by token. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly seed: number | undefined;
}

type Defaulted = 'stop' | 'ignoreEos' | 'echo' | 'returnTokenIds' | 'addSpecial' | 'parseSpecial' | 'cacheSalt';
type Optional =
  | 'maxTokens'
  | 'toolChoice'
  | 'parallelToolCalls'
  | 'logprobs'
  | 'promptLogprobs'
  | 'suffix'
  | 'truncatePromptTokens';
type OrUndefined<Value> = { readonly [Name in keyof Value]-?: Value[Name] | undefined };

/** {@link GenerationParameters} with their defaults. */
export interface GenerationOptions
  extends SamplingOptions,
    Required<Pick<GenerationParameters, Defaulted>>,
    OrUndefined<Pick<GenerationParameters, Optional>> {
  /** The form of the text; undefined = any. */
  readonly output: StructuredOutput | undefined;
  /** Of conversations: the oldest turns are left out where it does not fit. */
  readonly dropsTurns: boolean;
}

/** What a request says, with what it leaves out. Throws `invalid_argument` for a schema that is none. */
export function generationOptions(request: GenerationParameters): GenerationOptions {
  return {
    maxTokens: request.maxTokens,
    temperature: request.temperature ?? 1,
    topP: request.topP ?? 1,
    topK: Math.max(0, request.topK ?? 0),
    minP: request.minP ?? 0,
    frequencyPenalty: request.frequencyPenalty ?? 0,
    presencePenalty: request.presencePenalty ?? 0,
    repetitionPenalty: request.repetitionPenalty ?? 1,
    logitBias: new Map(Object.entries(request.logitBias ?? {}).map(([token, bias]) => [Number(token), bias])),
    seed: request.seed,
    stop: request.stop ?? [],
    ignoreEos: request.ignoreEos ?? false,
    echo: request.echo ?? false,
    returnTokenIds: request.returnTokenIds ?? false,
    addSpecial: request.addSpecial ?? true,
    parseSpecial: request.parseSpecial ?? true,
    output: structuredOutput(request.responseFormat),
    toolChoice: request.toolChoice,
    parallelToolCalls: request.parallelToolCalls,
    cacheSalt: request.cacheSalt ?? '',
    logprobs: request.logprobs,
    promptLogprobs: request.promptLogprobs,
    suffix: request.suffix,
    dropsTurns: request.dropOldestTurns ?? false,
    truncatePromptTokens: request.truncatePromptTokens,
  };
}
