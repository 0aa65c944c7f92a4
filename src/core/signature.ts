import type { Datatype } from './datatype.js';
import type { MediaSpec } from './media.js';

/** One input or output of a model. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** Full shape as clients see it, batch dimension included; -1 where any size is accepted. */
  readonly shape: readonly number[];
  /** Shape in which the model file takes or gives it, batch dimension included, where that differs (Triton's reshape). */
  readonly modelShape?: readonly number[];
  /** Axis that counts the rows of a batch; null when the tensor is shared by all of them or the model does not batch. */
  readonly batchAxis: 0 | null;
  /** The request may leave it out. Always false for outputs. */
  readonly optional: boolean;
  /** Symbolic names of the dimensions where the model file has them ('' where not); for people, and for padding. */
  readonly dimNames?: readonly string[];
  /** Class labels by index, for the classification extension; outputs only. */
  readonly labels?: readonly string[];
  /** Its values become probabilities where classes are ranked; outputs only. */
  readonly softmax?: true;
  /** Classes in the answer to a photo or a sound that came as it is; outputs only. Absent = those with labels, all of them. */
  readonly topK?: number;
  /** How encoded bytes become this input, where callers send those instead of numbers; inputs only. */
  readonly media?: MediaSpec;
  /** The model file does not say how many dimensions it has: `shape` is empty until the configuration gives it. */
  readonly rankUnknown?: true;
}

/** Whether the server fills an input where another one comes as a sound: with the sampling rate. */
export function isRateInput({ inputs }: Pick<Signature, 'inputs'>, name: string): boolean {
  return inputs.some(({ media }) => media?.kind === 'audio' && media.rateInput === name);
}

/** An output of the model file that cannot be served. */
export interface LeftOutOutput {
  readonly name: string;
  /** What it is, and what to do about it: `is a sequence of …, …: export it with …`. */
  readonly reason: string;
}

/** What a model takes and gives, in the model's own order. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Outputs that the model file has beside those. */
  readonly leftOut?: readonly LeftOutOutput[];
}
