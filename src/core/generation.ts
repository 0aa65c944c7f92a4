import type { ParameterValue } from './parameters.js';

/** Tokens that one request has taken, in OpenAI's terms. */
export interface Usage {
  readonly promptTokens: number;
  /** Prompt tokens served from a cache. Default: 0. */
  readonly cachedTokens?: number;
  readonly completionTokens: number;
  /** Reasoning tokens among the completion tokens. Default: 0. */
  readonly reasoningTokens?: number;
  /** The prompt was only read, nothing evaluated: metrics leave it out. Default: false. */
  readonly onlyRead?: boolean;
}

/** Why generating ended: at a stop, at the limit of tokens, with calls of tools, or at a filter. */
export const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** A model that generates text: it takes one prompt and gives its answer in pieces ({@link GenerationDelta}). */
export interface GenerationSpec {
  /** Tokens of a prompt and its answer together. */
  readonly contextTokens: number;
  /** Most tokens of an answer whose request sets no limit. */
  readonly maxOutputTokens: number;
  /** Token ids are below it. Default: ids are not bounded. */
  readonly vocabularySize?: number;
  /** It takes conversations, too. */
  readonly chat: boolean;
  /** It can be told how long to think. Default: that is not known. */
  readonly reasoningEffort?: boolean;
  /** It fills in what is between a text and `suffix`. Default: no. */
  readonly infill?: boolean;
  /** Values of parameters that requests leave out; the runtime applies them. Default: those of {@link SamplingParameters}. */
  readonly sampling?: SamplingDefaults;
}

/** What is answered. The large parts are bytes, so that no event loop on the way has to read them. */
export type Prompt =
  /** To go on with; UTF-8. */
  | { readonly kind: 'text'; readonly text: Uint8Array }
  | { readonly kind: 'tokens'; readonly tokens: Int32Array }
  /** To be answered: JSON of a `Conversation` (room `generation`), as `packConversation` makes it. */
  | { readonly kind: 'conversation'; readonly conversation: Uint8Array };

/** How tokens are chosen, in the terms of OpenAI's API and vLLM's additions to it. */
export interface SamplingParameters {
  /** 0 = always the most probable token. 0 to 2, default 1. */
  readonly temperature?: number;
  /** Only the most probable tokens that together have this probability. 0 to 1, default 1. */
  readonly topP?: number;
  /** Only so many of the most probable tokens; 0 and -1 = all. Default 0. */
  readonly topK?: number;
  /** Only tokens that have at least this part of the probability of the most probable one. 0 to 1, default 0. */
  readonly minP?: number;
  /** Only tokens about as surprising as is typical, that together have this probability. 0 to 1, default 1. */
  readonly typicalP?: number;
  /** Taken off a token's logit for each time that it was generated. -2 to 2, default 0. */
  readonly frequencyPenalty?: number;
  /** Taken off a token's logit once it was generated. -2 to 2, default 0. */
  readonly presencePenalty?: number;
  /** Divides the logits of tokens that were in the prompt or generated, where they are positive; multiplies others. 0.01 to 10, default 1. */
  readonly repetitionPenalty?: number;
  /** DRY: taken off the logit of a token that would repeat a sequence of tokens, and more the longer it is. 0 to 100, default 0 = nothing. */
  readonly dryMultiplier?: number;
  /** Each further token of the sequence multiplies it by this. 1 to 10, default 1.75. */
  readonly dryBase?: number;
  /** Tokens of a sequence from which on it counts. 0 to 1,024, default 2. */
  readonly dryAllowedLength?: number;
  /** So many of the last tokens are looked at; -1 = all. Default -1. */
  readonly dryPenaltyLastN?: number;
  /** A token with one of these texts in it begins no sequence and ends it: up to 16, of 1 to 40 characters. Default: a line break, `:`, `"` and `*`. */
  readonly drySequenceBreakers?: readonly string[];
  /** XTC: the probability that, of several tokens with at least {@link xtcThreshold}, only the least probable one is left. 0 to 1, default 0. */
  readonly xtcProbability?: number;
  /** 0 to 1, default 0.1; above 0.5 it has no effect. */
  readonly xtcThreshold?: number;
  /** Keeps the surprise of the text level, in place of all other choices but penalties: version 1 or 2 of Mirostat. Default 0 = no. */
  readonly mirostat?: number;
  /** How surprising the text is. 0 to 100, default 5. */
  readonly mirostatTau?: number;
  /** How fast it is corrected. 0 to 1, default 0.1. */
  readonly mirostatEta?: number;
  /** Added to logits, by token id: each from -100 to 100, at most 1,024. */
  readonly logitBias?: Readonly<Record<string, number>>;
  /** An integer of up to 64 bits; beyond 53 bits the nearest number counts. Default: another one each time. */
  readonly seed?: number;
}

/** Parameters for which models have defaults of their own. */
export type SamplingDefaults = Pick<
  SamplingParameters,
  'temperature' | 'topP' | 'topK' | 'minP' | 'frequencyPenalty' | 'presencePenalty' | 'repetitionPenalty'
>;

/**
 * The form of the answer: any JSON object, or JSON by a schema (with `strict`, an answer that does not match fails, and keywords that can be neither
 * generated nor checked are refused); one of some texts; a text that a regular expression matches as a whole; or a text of a grammar (GBNF).
 */
export type ResponseFormat =
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: ParameterValue; readonly strict: boolean }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'regex'; readonly regex: string }
  | { readonly type: 'grammar'; readonly grammar: string };

/** A tool of the conversation, by its name. */
export interface NamedFunction {
  readonly type: 'function';
  readonly function: { readonly name: string };
}

/** Which of the tools of a conversation may be called, or have to, in the form of OpenAI's chat completions. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | NamedFunction
  | {
      readonly type: 'allowed_tools';
      readonly allowed_tools: { readonly mode: 'auto' | 'required'; readonly tools: readonly NamedFunction[] };
    };

/** How a prompt is answered. Everything may be left out. */
export interface GenerationParameters extends SamplingParameters {
  /** Most tokens of the answer; 0 = the prompt is only tokenised. Default: the model's limit, or the rest of its context. */
  readonly maxTokens?: number;
  /** The answer ends before any of them: up to 16, of 1 to 1,024 characters. */
  readonly stop?: readonly string[];
  /** The answer ends with any of these tokens, which is not part of it: up to 64 ids. */
  readonly stopTokenIds?: readonly number[];
  /** Neither a stop nor the token that ends a text comes before so many tokens. Default 0. */
  readonly minTokens?: number;
  /** The answer goes on behind the token that ends a text. Default: false. */
  readonly ignoreEos?: boolean;
  readonly responseFormat?: ResponseFormat;
  /** Default: `auto`. */
  readonly toolChoice?: ToolChoice;
  /** Whether several tools may be called. Default: any number, or one if a call is required. */
  readonly parallelToolCalls?: boolean;
  /** The answer begins with the prompt. Default: false. */
  readonly echo?: boolean;
  /** Deltas have `tokenIds` and `promptTokenIds`. Default: false. */
  readonly returnTokenIds?: boolean;
  /** Most probable alternatives to return for each token, 0 to 20. Default: no log probabilities. */
  readonly logprobs?: number;
  /** The same for the tokens of the prompt. */
  readonly promptLogprobs?: number;
  /** Only requests with the same salt share cached prefixes. Default: ''. */
  readonly cacheSalt?: string;
  /** Of texts: what comes behind the answer. */
  readonly suffix?: string;
  /** Of texts: add the model's leading special tokens. Default: true. */
  readonly addSpecial?: boolean;
  /** Of texts: `<|im_end|>` and the like are read as the tokens that they name. Default: true. */
  readonly parseSpecial?: boolean;
  /** Only so many of the prompt's last tokens are read; -1 = as many as leave room for the answer. Default: no truncation. */
  readonly truncatePromptTokens?: number;
  /** Of conversations: the oldest turns are left out where it does not fit. Default: false. */
  readonly dropOldestTurns?: boolean;
}

/** A prompt and how it is answered. */
export interface GenerationRequest extends GenerationParameters {
  readonly prompt: Prompt;
}

/** The log probability of a token, and those of its alternatives. */
export interface TokenLogprob {
  readonly token: string;
  readonly id: number;
  /** null = the first of a prompt, which follows nothing. */
  readonly logprob: number | null;
  readonly bytes: readonly number[];
  /** The most probable tokens at its place. */
  readonly topLogprobs: readonly Omit<TokenLogprob, 'topLogprobs'>[];
}

/** A piece of a call of a tool: its id and name come first, then its arguments. */
export interface ToolCallDelta {
  /** Which call of the answer it is, from 0 on. */
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  /** A piece of their JSON. */
  readonly arguments: string;
}

/** What one piece adds to an answer. */
export interface GenerationDelta {
  readonly text: string;
  /** What the model thinks before it answers. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallDelta[];
  /** Of the tokens of this piece. */
  readonly logprobs?: readonly TokenLogprob[];
  /** Of tokens of the prompt. */
  readonly promptLogprobs?: readonly TokenLogprob[];
  readonly tokenIds?: readonly number[];
  /** All of the prompt's, once. */
  readonly promptTokenIds?: readonly number[];
  /** Of the last piece: the stop string that ended the answer. */
  readonly stopSequence?: string;
}
