import type { MillraceError } from './errors.js';
import type { ModelRef } from './model.js';
import type { Tensor } from './tensor.js';

/** Integers beyond 2^53 are bigint. */
export type ParameterScalar = string | number | bigint | boolean;

/** What lists and objects in parameters are made of, as in JSON. */
export type ParameterElement =
  | ParameterScalar
  | null
  | readonly ParameterElement[]
  | { readonly [name: string]: ParameterElement };

/** Values of request and response parameters. Which of them a dialect takes is its own affair. */
export type ParameterValue = Exclude<ParameterElement, null>;
export type Parameters = Readonly<Record<string, ParameterValue>>;
/** Those of dialects without lists and objects. */
export type ScalarParameters = Readonly<Record<string, ParameterScalar>>;

export const NO_PARAMETERS: Parameters = Object.freeze({});

/** Sequence controls as Triton's `sequence_*` parameters carry them. */
export interface SequenceControl {
  readonly id: string | bigint;
  readonly start: boolean;
  readonly end: boolean;
}

/** Key of a sequence among those of all owners, models or routes. Numbers and texts are different ids: 1 is not '1'. */
export function sequenceKey(scope: string, id: string | bigint): string {
  // The length keeps the scope apart from the id behind it.
  return `${scope.length}:${scope}${typeof id === 'bigint' ? '#' : "'"}${id}`;
}

export interface RequestedOutput {
  readonly name: string;
  /** Triton's `classification` extension: the number of top classes requested; 0 = the tensor itself. */
  readonly classificationCount: number;
  /** Where the output is to be written instead of into the answer. */
  readonly sharedMemory?: SharedMemoryRange;
}

/** A part of a shared-memory region that a client has registered. */
export interface SharedMemoryRange {
  readonly region: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Tokens that one request has taken, in OpenAI's terms. */
export interface Usage {
  readonly promptTokens: number;
  /** Those of the prompt that had not to be computed again. Default: 0. */
  readonly cachedTokens?: number;
  readonly completionTokens: number;
  /** Those of the answer that the model has thought with before it. Default: 0. */
  readonly reasoningTokens?: number;
  /** The prompt was only read, nothing evaluated: metrics leave it out. Default: false. */
  readonly onlyRead?: boolean;
}

/** Why generating ended: at a stop, at the limit of tokens, with calls of tools, or at a filter. */
export const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** What a model tells of a token where probabilities were asked for: elements of the parameters `logprobs` and `prompt_logprobs`. */
export interface TokenReport {
  readonly token: string;
  readonly id: number;
  /** null = the first of a prompt, which follows nothing. */
  readonly logprob: number | null;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenReport, 'top_logprobs'>[];
}

/**
 * What a model tells of a call of a tool, in OpenAI's form: first its tool, then its arguments piece by piece. Elements of the parameter
 * `tool_calls`.
 */
export interface CallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/**
 * What a model that generates text is like. It takes one text and gives its answer in pieces: the texts of its outputs, which are
 * joined where one answer is asked for.
 */
export interface GenerationSpec {
  /** Tokens of a prompt and its answer together. */
  readonly contextTokens: number;
  /** Most tokens of an answer whose request sets no limit. */
  readonly maxOutputTokens: number;
  /** It takes conversations, too: as JSON in the input `chat_input`, in place of `text_input`. */
  readonly chat: boolean;
  /** It fills in what is between a text and the parameter `suffix`. Default: no. */
  readonly infill?: boolean;
}

/** The model that a caller names; version undefined = the server's version policy chooses. */
export interface InferTarget {
  readonly name: string;
  readonly version: number | undefined;
}

/** An inference request in no protocol's terms, for whichever version its target comes to. */
export interface InferRequest {
  /** The caller's id, echoed; '' when there is none. */
  readonly id: string;
  readonly inputs: readonly Tensor[];
  /** undefined = every output, in the model's order. */
  readonly outputs: readonly RequestedOutput[] | undefined;
  /** Everything that is not reserved; passed to the runtime. */
  readonly parameters: Parameters;
  /** 1 = highest; 0 = the model's default level. */
  readonly priority: number;
  /** Longest time in the queue (Triton's `timeout`, there in µs); undefined = the model's policy. */
  readonly queueTimeoutMs: number | undefined;
  readonly sequence: SequenceControl | undefined;
  /** By input name, where its data lies in shared memory; such inputs come with empty data. */
  readonly sharedInputs?: ReadonlyMap<string, SharedMemoryRange>;
}

/** One answer. A decoupled model gives any number of them for one request. */
export interface InferResponse {
  readonly ref: ModelRef;
  readonly id: string;
  readonly outputs: readonly Tensor[];
  readonly parameters: Parameters;
  /** Tokens that the request has taken so far. Models that generate, or embed, only. */
  readonly usage?: Usage;
  /** Why generating ended with this answer. */
  readonly finishReason?: FinishReason;
  /** In place of outputs: this answer failed, and others may still come. Decoupled models only. */
  readonly error?: MillraceError;
  /** By output name, the ranges that were written, with the bytes that the data took; such outputs have empty data here. */
  readonly sharedOutputs?: ReadonlyMap<string, SharedMemoryRange>;
}
