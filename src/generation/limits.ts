import type { GenerationParameters, NumberLimit } from '../core/index.js';

const MOST = 2 ** 31 - 1;

/** The numbers of a request. All but `temperature`, probabilities and penalties are integers. */
export const NUMBER_LIMITS = {
  maxTokens: { least: 0, most: MOST },
  temperature: { least: 0, most: 2 },
  topP: { least: 0, most: 1 },
  topK: { least: -1, most: MOST },
  minP: { least: 0, most: 1 },
  frequencyPenalty: { least: -2, most: 2 },
  presencePenalty: { least: -2, most: 2 },
  repetitionPenalty: { least: 0.01, most: 10 },
  seed: { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER },
  logprobs: { least: 0, most: 20 },
  promptLogprobs: { least: 0, most: 20 },
  truncatePromptTokens: { least: -1, most: MOST },
} as const satisfies { readonly [Name in keyof GenerationParameters]?: NumberLimit };

/** Stop strings of a request, and characters of each. */
export const MAX_STOPS = 16;
export const MAX_STOP_CHARACTERS = 1_024;
/** Tokens whose logits a request changes, and by how much at most. */
export const MAX_LOGIT_BIASES = 1_024;
export const MAX_LOGIT_BIAS = 100;
/** Tools that a conversation offers. */
export const MAX_TOOLS = 128;
