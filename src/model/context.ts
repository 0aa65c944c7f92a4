import type { Datatype, Parameters } from '../core/index.js';
import type { ModelTensor, OutputValue } from './tensors.js';

/** Writes to the server's log, as it is given: inputs do not belong there. */
export interface ModelLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What a model knows of itself. */
export interface ModelContext<Loaded = unknown> {
  readonly name: string;
  readonly version: number;
  /** Absolute path of the folder in which the script lies. */
  readonly folder: string;
  /** The `parameters` of `model.yaml` or `config.pbtxt`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly log: ModelLog;
  /** What `load` returned. */
  readonly loaded: Loaded;
}

/** What a model may do for one request. */
export interface RequestContext<Loaded = unknown> extends ModelContext<Loaded> {
  /**
   * Another model of this server, called with the deadline, trace and rights of the request. A cycle is refused.
   * `model<{ y: 'FP32' }>('mlp')` types its outputs.
   */
  model<Outputs extends OutputTypes = OutputTypes>(
    name: string,
    options?: { readonly version?: number },
  ): OtherModel<Outputs>;
}

/** What `infer` is given beside a list of requests. */
export interface BatchContext<Loaded = unknown> extends ModelContext<Loaded> {
  /** The context of one request of the batch; what it calls ends with that request. */
  of(request: object): RequestContext<Loaded>;
}

/**
 * Inputs of another model. Typed arrays, text and booleans tell their datatype, other numbers are FP32 (bigints INT64)
 * unless `{ data, shape, datatype }` says otherwise. Shapes are taken as they are shown, batch dimension included; a
 * single value is of shape [1].
 */
export type CallInputs = Readonly<Record<string, OutputValue>>;

export interface ModelCallOptions {
  /** Only these outputs; default all. */
  readonly outputs?: readonly string[];
  readonly parameters?: Parameters;
  readonly sequence?: { readonly id: string | bigint; readonly start?: boolean; readonly end?: boolean };
  /** Gives up on the call; it also ends with the request on whose behalf it is made. */
  readonly signal?: AbortSignal;
}

/** Datatypes by output name, as far as they are known. */
export type OutputTypes = Readonly<Record<string, Datatype>>;

export interface ModelAnswerOf<Outputs extends OutputTypes = OutputTypes> {
  readonly outputs: { readonly [Name in keyof Outputs]: ModelTensor<Outputs[Name]> };
  readonly parameters: Parameters;
}

export interface OtherModel<Outputs extends OutputTypes = OutputTypes> {
  /** One answer; rejects with the other model's error, or `internal` when it does not answer exactly once. */
  infer(inputs: CallInputs, options?: ModelCallOptions): Promise<ModelAnswerOf<Outputs>>;
  /** Any number of answers. Leaving the loop early cancels the rest. */
  stream(inputs: CallInputs, options?: ModelCallOptions): AsyncIterable<ModelAnswerOf<Outputs>>;
}
