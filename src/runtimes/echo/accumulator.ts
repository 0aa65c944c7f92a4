import {
  type Datatype,
  formatTensorType,
  invalidArgument,
  type NumericArray,
  type Tensor,
  typedView,
} from '../../core/index.js';
import type { BatchItem } from '../batch.js';

/** Datatypes whose elements JavaScript can add. */
export const ADDABLE: ReadonlySet<Datatype> = new Set<Datatype>([
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP32',
  'FP64',
]);

/** Running sums of the inputs of each sequence, by slot. */
export class Accumulator {
  readonly #sums = new Map<number, readonly Tensor[]>();

  /** Adds the item's inputs to the sums of its sequence and returns copies of these; integers wrap around. */
  add(item: BatchItem): readonly Tensor[] {
    const { sequence, inputs } = item;
    if (sequence === undefined) return inputs;
    const before = sequence.start ? undefined : this.#sums.get(sequence.slot);
    if (before === undefined && !sequence.start) {
      throw invalidArgument(`echo: no sequence has been started in slot ${sequence.slot}`);
    }
    const sums = inputs.map((input, index) => addTensors(input, before?.[index]));
    if (sequence.end) this.#sums.delete(sequence.slot);
    else this.#sums.set(sequence.slot, sums);
    return sums;
  }
}

function addTensors(input: Tensor, sum: Tensor | undefined): Tensor {
  if (sum !== undefined && (sum.name !== input.name || sum.data.byteLength !== input.data.byteLength)) {
    const expected = formatTensorType(sum.datatype, sum.shape);
    const got = formatTensorType(input.datatype, input.shape);
    throw invalidArgument(
      `echo: input '${input.name}': expected ${expected} as at the start of the sequence, got ${got}`,
    );
  }
  // Not `slice`: that of a Buffer copies nothing.
  const data = new Uint8Array(input.data);
  if (sum !== undefined) addInto(typedView(input.datatype, data), typedView(sum.datatype, sum.data));
  return { ...input, data };
}

function addInto(target: NumericArray, addend: NumericArray): void {
  if (isBig(target)) {
    // Equal datatypes, so the addend holds bigints too.
    for (let index = 0; index < target.length; index++) {
      target[index] = (target[index] as bigint) + (addend[index] as bigint);
    }
    return;
  }
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] as number) + (addend[index] as number);
  }
}

function isBig(array: NumericArray): array is BigInt64Array | BigUint64Array {
  return array instanceof BigInt64Array || array instanceof BigUint64Array;
}
