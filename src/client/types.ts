import type {
  Datatype,
  ExplicitTensor,
  InputElement,
  Nested,
  NumericArray,
  ScalarParameters,
  TensorData,
} from '../core/index.js';

export type { ExplicitTensor, InputElement, Nested, TensorData as OutputData } from '../core/index.js';

/** A model's inputs and outputs by name, as `millrace types <model>` prints them. */
export interface ModelTypes {
  readonly inputs: Readonly<Record<string, Datatype | undefined>>;
  readonly outputs: Readonly<Record<string, Datatype | undefined>>;
}

/** What is known of a model without generated types: any names, any datatypes. */
export interface AnyModel {
  readonly inputs: Readonly<Record<string, Datatype>>;
  readonly outputs: Readonly<Record<string, Datatype>>;
}

/**
 * What an input takes: a typed array, a scalar, nested lists, or an {@link ExplicitTensor}. Shapes and datatypes that
 * the value does not show come from the model's metadata. FP16 and BF16 take numbers, or raw bits as a Uint16Array.
 */
export type InputValue<D extends Datatype = Datatype> = Nested<InputElement<D> | NumericArray> | ExplicitTensor<D>;

export type Inputs<M extends ModelTypes> = {
  readonly [Name in keyof M['inputs']]: InputValue<NonNullable<M['inputs'][Name]>>;
};

/** One output: flat data in row-major order and its shape. */
export interface OutputTensor<D extends Datatype = Datatype> {
  readonly datatype: D;
  readonly shape: readonly number[];
  readonly data: TensorData<D>;
  /** The tensor's raw little-endian encoding, as the binary extension of the protocol has it: exact, also where `data` is not. */
  readonly raw: Uint8Array;
  /** The elements of a BYTES tensor as they came; throws a TypeError for other datatypes. */
  bytes(): readonly Uint8Array[];
  /** The data as nested lists in the tensor's shape; a scalar for shape `[]`. */
  toNested(): unknown;
}

export type Outputs<M extends ModelTypes> = {
  readonly [Name in keyof M['outputs']]: OutputTensor<NonNullable<M['outputs'][Name]>>;
};

export interface CallOptions {
  /** Gives up after this long, all retries included; the server learns of it (`X-Request-Timeout-Ms`). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Where a request stands in its sequence; numbers and texts are different ids, 0 and '' are none. */
export interface SequenceStep {
  readonly id: number | bigint | string;
  /** The first request of the sequence; on a running one it starts it again. */
  readonly start?: boolean;
  /** The last request of the sequence. */
  readonly end?: boolean;
}

export interface InferOptions<M extends ModelTypes = AnyModel> extends CallOptions {
  /** Only these outputs; default all. */
  readonly outputs?: readonly (keyof M['outputs'] & string)[];
  /** Echoed in the result. */
  readonly id?: string;
  /**
   * Tensors as binary, both ways (default), or as JSON: bigger and slower, readable on the way, no FP16 or BF16 out.
   * `inputs` sends binary and asks for JSON.
   */
  readonly binary?: boolean | 'inputs';
  /** Doing it twice is the same as doing it once: broken connections and 502/503 are then retried, too. Default false. */
  readonly idempotent?: boolean;
  /** 1 = highest; default the model's. */
  readonly priority?: number;
  /** Longest wait in the model's queue. */
  readonly queueTimeoutMs?: number;
  /** Which sequence it is a step of, for models that keep state between requests. */
  readonly sequence?: SequenceStep;
  /** Passed to the model. */
  readonly parameters?: ScalarParameters;
  /** `X-Request-Id` of the call; default made by the server. */
  readonly requestId?: string;
}

export interface InferResult<M extends ModelTypes = AnyModel> {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly outputs: Outputs<M>;
  /** Integers of 16 digits and more as decimal text. */
  readonly parameters: ScalarParameters;
  readonly requestId: string | undefined;
  /** The answer's `Server-Timing`: milliseconds by stage; empty when the server sends none. */
  readonly timingMs: Readonly<Record<string, number>>;
}

/** One row of a classification, best first. */
export interface ClassScore {
  readonly score: number;
  readonly index: number;
  /** undefined when the model has no labels. */
  readonly label: string | undefined;
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 where any size is accepted. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  /** What else the server says. */
  readonly [field: string]: unknown;
}

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** One version in the repository index; `version` is missing for a model of which none could be found. */
export interface ModelIndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: 'UNKNOWN' | 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING';
  readonly reason?: string;
}

export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

/** Statistics of one version since it was loaded, in Triton's shape. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch; 0 = never. */
  readonly last_inference: number;
  /** Rows. */
  readonly inference_count: number;
  /** Batches. */
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output', StatisticDuration>
  >;
  readonly batch_stats: readonly (Readonly<
    Record<'compute_input' | 'compute_infer' | 'compute_output', StatisticDuration>
  > & { readonly batch_size: number })[];
}
