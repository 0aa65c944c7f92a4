import type { GenerationParameters, NumberLimit } from '../core/index.js';

const MOST = 2 ** 31 - 1;

/** The numbers of a request. All but `temperature`, probabilities and penalties are integers. */
export const NUMBER_LIMITS = {
  maxTokens: { least: 0, most: MOST },
  temperature: { least: 0, most: 2 },
  topP: { least: 0, most: 1 },
  topK: { least: -1, most: MOST },
  minP: { least: 0, most: 1 },
  typicalP: { least: 0, most: 1 },
  frequencyPenalty: { least: -2, most: 2 },
  presencePenalty: { least: -2, most: 2 },
  repetitionPenalty: { least: 0.01, most: 10 },
  dryMultiplier: { least: 0, most: 100 },
  dryBase: { least: 1, most: 10 },
  dryAllowedLength: { least: 0, most: 1_024 },
  dryPenaltyLastN: { least: -1, most: MOST },
  xtcProbability: { least: 0, most: 1 },
  xtcThreshold: { least: 0, most: 1 },
  mirostat: { least: 0, most: 2 },
  mirostatTau: { least: 0, most: 100 },
  mirostatEta: { least: 0, most: 1 },
  minTokens: { least: 0, most: MOST },
  seed: { least: -(2 ** 63), most: 2 ** 64 },
  logprobs: { least: 0, most: 20 },
  promptLogprobs: { least: 0, most: 20 },
  truncatePromptTokens: { least: -1, most: MOST },
} as const satisfies { readonly [Name in keyof GenerationParameters]?: NumberLimit };

/** Stop strings of a request, and characters of each. */
export const MAX_STOPS = 16;
export const MAX_STOP_CHARACTERS = 1_024;
/** Tokens at which a request stops. */
export const MAX_STOP_TOKENS = 64;
/** Texts that end a sequence for DRY, and characters of each. */
const MAX_BREAKERS = 16;
const MAX_BREAKER_CHARACTERS = 40;
export const BREAKERS_FORM = `a list of up to ${MAX_BREAKERS} texts of 1 to ${MAX_BREAKER_CHARACTERS} characters`;

/** Whether a value is what {@link BREAKERS_FORM} says. */
export function areBreakers(value: unknown): value is readonly string[] {
  const isBreaker = (each: unknown) => typeof each === 'string' && each !== '' && each.length <= MAX_BREAKER_CHARACTERS;
  return Array.isArray(value) && value.length <= MAX_BREAKERS && value.every(isBreaker);
}
/** Tokens whose logits a request changes, and by how much at most. */
export const MAX_LOGIT_BIASES = 1_024;
export const MAX_LOGIT_BIAS = 100;
/** Maximum number of choices, and of characters in all choices together. */
export const MAX_GUIDED_CHOICES = 1_000;
export const MAX_CHOICE_CHARACTERS = 65_536;
/** Tools that a conversation offers. */
export const MAX_TOOLS = 128;
