import type { Parameters, Signature, Tensor } from '../core/index.js';

/** A model asks for another one while it works on an item. */
export interface ModelRequest {
  readonly modelName: string;
  /** undefined = the server's version policy chooses. */
  readonly modelVersion: number | undefined;
  readonly inputs: readonly Tensor[];
  /** Names of the requested outputs; undefined = all. */
  readonly outputs: readonly string[] | undefined;
  readonly parameters: Parameters;
  readonly sequence?: { readonly id: string | bigint; readonly start: boolean; readonly end: boolean };
}

export interface ModelAnswer {
  readonly outputs: readonly Tensor[];
  readonly parameters: Parameters;
}

/**
 * Runs another model of the server on behalf of the item `callId`, with its principal, deadline and trace. Rejects, or
 * throws from the iteration, with MillraceError: `invalid_argument` for a cycle, and whatever the other model gives.
 */
export type CallModel = (callId: number, request: ModelRequest) => AsyncIterable<ModelAnswer>;

/** The part of another model's description that a runtime may know. */
export interface OtherModel {
  readonly signature: Signature;
  /** 0 = no batch dimension. */
  readonly maxBatchSize: number;
  readonly decoupled: boolean;
}

/** The version of a model that would answer now; undefined = the version policy chooses. Throws why none would. */
export type DescribeModel = (name: string, version: number | undefined) => OtherModel;
