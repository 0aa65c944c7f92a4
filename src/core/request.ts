import type { MillraceError } from './errors.js';
import type { FinishReason, GenerationDelta, GenerationParameters, Usage } from './generation.js';
import type { ModelRef } from './model.js';
import type { Parameters } from './parameters.js';
import type { Tensor } from './tensor.js';

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
  /**
   * How a model with the task `generate` answers the prompt in `inputs`. If set, `parameters` is empty and answers have a `delta`; if undefined, request
   * and answers use `parameters`.
   */
  readonly generation?: GenerationParameters;
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
  /** What a model with the task `generate` has added with this answer. */
  readonly delta?: GenerationDelta;
  /** Tokens that the request has taken so far. Models that generate, or embed, only. */
  readonly usage?: Usage;
  /** Why generating ended with this answer. */
  readonly finishReason?: FinishReason;
  /** In place of outputs: this answer failed, and others may still come. Decoupled models only. */
  readonly error?: MillraceError;
  /** By output name, the ranges that were written, with the bytes that the data took; such outputs have empty data here. */
  readonly sharedOutputs?: ReadonlyMap<string, SharedMemoryRange>;
}
