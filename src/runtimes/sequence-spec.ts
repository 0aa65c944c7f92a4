import type { Datatype } from '../core/index.js';

/** What a model file needs to keep sequences: tensors that the server adds to what clients send. */
export interface SequenceSpec {
  readonly controls: readonly ControlInput[];
  readonly states: readonly StateTensor[];
}

/** An input that tells a model where it stands in a sequence (Triton's `control_input`), one element a row. */
export interface ControlInput {
  readonly name: string;
  readonly kind: 'start' | 'end' | 'ready' | 'correlation_id';
  readonly datatype: Datatype;
  /** Values for no and yes; unused for `correlation_id`. */
  readonly falseTrue: readonly [number, number];
}

/** A tensor carried from one step of a sequence to the next; clients do not send it. */
export interface StateTensor {
  readonly inputName: string;
  readonly outputName: string;
  /** Clients get it as well, each that of its own sequence. */
  readonly shown: boolean;
  readonly datatype: Datatype;
  /** Shape for one sequence, with a 1 where `batchAxis` is. */
  readonly shape: readonly number[];
  /** Axis along which the states of the sequences of a batch are concatenated; null = only one at a time. */
  readonly batchAxis: number | null;
  /** Raw data at the start of a sequence; undefined = zeros. Base64, since a LoadSpec crosses the pipe as JSON. */
  readonly initial: string | undefined;
}

/** Where an item stands in its sequence. */
export interface ItemSequence {
  /** Number of the sequence's place in its instance; the state is kept under it. At most one item of a slot in a batch. */
  readonly slot: number;
  readonly start: boolean;
  readonly end: boolean;
  readonly id: string | bigint;
}
