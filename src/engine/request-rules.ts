import type { GenerationSpec, LeftOutOutput, Message, TensorSpec } from '../core/index.js';

/** A model's demands on a request, prepared once per loaded generation. */
export interface RequestRules {
  /** The model, for messages. */
  readonly mention: Message;
  readonly inputs: readonly TensorSpec[];
  readonly outputNames: readonly string[];
  /** Outputs of the model file that cannot be served. */
  readonly leftOut: readonly LeftOutOutput[];
  /** 0 = the model has no batch dimension. */
  readonly maxBatchSize: number;
  /** BYTES must be valid UTF-8. */
  readonly textOnly: boolean;
  /** Axes by input name along which the members of one batch may differ (they are padded). */
  readonly paddedAxes: ReadonlyMap<string, readonly number[]>;
  /** No input is optional or has a variable dimension besides the batch: all requests can share a batch. */
  readonly uniform: boolean;
  /** The model's task of generating; undefined = it does not generate. */
  readonly generate: GenerationSpec | undefined;
}

/** The input counts no rows although the model batches: all requests of a batch must agree on its value. */
export function isShared(spec: TensorSpec, maxBatchSize: number): boolean {
  return maxBatchSize > 0 && spec.batchAxis === null;
}
