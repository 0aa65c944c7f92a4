import type { GenerationParameters, InferRequest, Timing } from '../../core/index.js';
import { GEN_AI_NAMES, OWN_NAMES } from './names.js';
import type { Attributes } from './span.js';

/** The input of a conversation, as rooms name it (`generation/tensor-form.ts`). */
const CONVERSATION_INPUT = 'chat_input';
const MS_PER_S = 1_000;

/** A request to a model that generates text, as far as its spans need it: numbers, and no text. */
export interface Generation {
  readonly operation: 'chat' | 'text_completion';
  readonly parameters: GenerationParameters;
}

/** undefined = the request is not for a model that generates. */
export function generationOf(request: InferRequest | undefined): Generation | undefined {
  const { generation: parameters, inputs = [] } = request ?? {};
  if (parameters === undefined) return undefined;
  const isChat = inputs.some(({ name }) => name === CONVERSATION_INPUT);
  return { operation: isChat ? 'chat' : 'text_completion', parameters };
}

/** OpenTelemetry's attributes of generative AI, which are in development. Texts, stops and tools are in none of them. */
export function generationAttributes(
  { operation, parameters }: Generation,
  { requested, answered }: { readonly requested: string; readonly answered: string },
  { usage, finishReason, firstResponseAt, receivedAt }: Timing,
): Attributes {
  const { maxTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, seed } = parameters;
  return definedOf({
    [GEN_AI_NAMES.operationName]: operation,
    [GEN_AI_NAMES.providerName]: 'millrace',
    [GEN_AI_NAMES.requestModel]: requested,
    [GEN_AI_NAMES.responseModel]: answered,
    [GEN_AI_NAMES.requestMaxTokens]: maxTokens,
    [GEN_AI_NAMES.requestTemperature]: temperature,
    [GEN_AI_NAMES.requestTopP]: topP,
    [GEN_AI_NAMES.requestTopK]: topK,
    [GEN_AI_NAMES.requestFrequencyPenalty]: frequencyPenalty,
    [GEN_AI_NAMES.requestPresencePenalty]: presencePenalty,
    [GEN_AI_NAMES.requestSeed]: seed,
    [GEN_AI_NAMES.responseFinishReasons]: finishReason === undefined ? undefined : [finishReason],
    [GEN_AI_NAMES.responseTimeToFirstChunk]:
      firstResponseAt > 0 ? (firstResponseAt - receivedAt) / MS_PER_S : undefined,
    [GEN_AI_NAMES.usageInputTokens]: usage?.promptTokens,
    [GEN_AI_NAMES.usageCacheReadInputTokens]: usage?.cachedTokens,
    [GEN_AI_NAMES.usageOutputTokens]: usage?.completionTokens,
    [GEN_AI_NAMES.usageReasoningOutputTokens]: usage?.reasoningTokens,
  });
}

/** Tokens that a model has counted which does not generate, such as one that embeds. */
export function tokenAttributes({ usage }: Timing): Attributes {
  return definedOf({ [OWN_NAMES.inputTokens]: usage?.promptTokens });
}

function definedOf(attributes: Readonly<Record<string, Attributes[string] | undefined>>): Attributes {
  const defined: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) defined[name] = value;
  return defined;
}
