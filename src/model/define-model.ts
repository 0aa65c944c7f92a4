import type { Parameters } from '../core/index.js';
import type { BatchContext, ModelContext, RequestContext } from './context.js';
import type { ModelInputs, ModelOutputs, TensorDeclarations } from './tensors.js';

/** One request. */
export interface ModelRequest<I extends TensorDeclarations = TensorDeclarations, State = unknown> {
  readonly inputs: ModelInputs<I>;
  /** What the caller sent beside the tensors. */
  readonly parameters: Parameters;
  /** Rows along the batch dimension; 1 where the model does not batch. */
  readonly rows: number;
  /** The outputs that are requested; undefined = all. Others may be `undefined` in the answer. */
  readonly wanted: readonly string[] | undefined;
  /** As in the log. */
  readonly requestId: string;
  /** The caller's own id of the request; '' when there is none. */
  readonly clientId: string;
  /** W3C `traceparent`; '' when the call is not traced. */
  readonly traceparent: string;
  /** Milliseconds that were left of the call's deadline when the request got here; Infinity = no deadline. */
  readonly remainingMs: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Where a stateful model stands; there in every request of a stateful model. */
  readonly sequence: ModelSequence<State>;
}

export interface ModelSequence<State> {
  readonly id: string | bigint;
  readonly start: boolean;
  readonly end: boolean;
  /** What `start` returned for this sequence (`{}` without one); change it, or put another in its place. */
  state: State;
}

/** An answer with parameters: see {@link answer}. */
export class Answer<Outputs> {
  readonly outputs: Outputs;
  readonly parameters: Parameters;

  constructor(outputs: Outputs, parameters: Parameters) {
    this.outputs = outputs;
    this.parameters = parameters;
  }
}

/** Outputs that are sent with response parameters. */
export function answer<Outputs>(outputs: Outputs, parameters: Parameters): Answer<Outputs> {
  return new Answer(outputs, parameters);
}

type Result<O extends TensorDeclarations> = ModelOutputs<O> | Answer<ModelOutputs<O>>;
type Awaitable<T> = T | Promise<T>;

/**
 * One request at a time, which is answered once; or, by an (async) generator, any number of times: an error that is
 * yielded is the caller's as one answer among others, one that is thrown ends them.
 */
type InferOne<I extends TensorDeclarations, O extends TensorDeclarations, Loaded, State> = (
  request: ModelRequest<I, State>,
  context: RequestContext<Loaded>,
) => Awaitable<Result<O>> | AsyncIterable<Result<O> | Error> | Iterable<Result<O> | Error>;

/** The requests of a batch; their answers or errors in the same order. */
type InferBatch<I extends TensorDeclarations, O extends TensorDeclarations, Loaded, State> = (
  requests: readonly ModelRequest<I, State>[],
  context: BatchContext<Loaded>,
) => Awaitable<readonly (Result<O> | Error)[]>;

/** What every model says about itself. */
interface ModelFields<I extends TensorDeclarations, O extends TensorDeclarations, Loaded, State> {
  /** Inputs by name; may be left to the configuration, which must not contradict. */
  readonly inputs?: I;
  readonly outputs?: O;
  /** Most rows of a request and of a batch; 0 (default) = the first dimension is like the others. */
  readonly maxBatchSize?: number;
  /** Batches, or requests of a generator, that run at a time in one instance. Default 1; 64 for a generator. */
  readonly concurrency?: number;
  /** Keeps state between the requests of a sequence. Default false. */
  readonly stateful?: boolean;
  /** Running a request twice does no harm, so a batch whose runner died is run again. Default false. */
  readonly pure?: boolean;
  /** A row's numbers do not depend on its batch-mates. Default true. */
  readonly batchInvariant?: boolean;
  /** Runs once before the first request; its result is `context.loaded`. */
  readonly load?: (context: ModelContext<undefined>) => Awaitable<Loaded>;
  /** The state with which a sequence starts. */
  readonly start?: (sequence: { readonly id: string | bigint }, context: ModelContext<Loaded>) => State;
  /** Runs once after the last request. */
  readonly close?: (context: ModelContext<Loaded>) => Awaitable<void>;
}

export interface SingleModel<I extends TensorDeclarations, O extends TensorDeclarations, Loaded, State>
  extends ModelFields<I, O, Loaded, State> {
  readonly batched?: false;
  /** Answers any number of times. Default: whether `infer` is a generator. */
  readonly decoupled?: boolean;
  readonly infer: InferOne<I, O, Loaded, State>;
}

export interface BatchedModel<I extends TensorDeclarations, O extends TensorDeclarations, Loaded, State>
  extends ModelFields<I, O, Loaded, State> {
  /** `infer` is given whole batches. */
  readonly batched: true;
  readonly decoupled?: false;
  readonly infer: InferBatch<I, O, Loaded, State>;
}

/** A model of any tensors, as the runtime sees it. */
export type AnyModelDefinition =
  | SingleModel<TensorDeclarations, TensorDeclarations, unknown, unknown>
  | BatchedModel<TensorDeclarations, TensorDeclarations, unknown, unknown>;

/**
 * A model in TypeScript: the default export of `<model>/<version>/model.ts`. The types of requests and answers follow
 * from `inputs` and `outputs`. Returns its argument.
 */
export function defineModel<
  const I extends TensorDeclarations = TensorDeclarations,
  const O extends TensorDeclarations = TensorDeclarations,
  Loaded = undefined,
  State = Record<string, unknown>,
>(definition: BatchedModel<I, O, Loaded, State>): BatchedModel<I, O, Loaded, State>;
export function defineModel<
  const I extends TensorDeclarations = TensorDeclarations,
  const O extends TensorDeclarations = TensorDeclarations,
  Loaded = undefined,
  State = Record<string, unknown>,
>(definition: SingleModel<I, O, Loaded, State>): SingleModel<I, O, Loaded, State>;
export function defineModel(definition: unknown): unknown {
  return definition;
}
