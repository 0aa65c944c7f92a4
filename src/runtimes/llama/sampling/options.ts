import type { GenerationParameters, ToolChoice } from '../../../core/index.js';
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
  readonly toolChoice: ToolChoice | undefined;
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
