import { bytesOf, packBytes, type Tensor, typedView } from '../../src/core/index.js';
import type { BatchItem } from '../../src/runtimes/index.js';

/** An FP32 tensor. */
export function fp32(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return { name, datatype: 'FP32', shape, data: bytesOf(Float32Array.from(values)) };
}

/** A BYTES tensor of texts. */
export function texts(name: string, shape: readonly number[], values: readonly string[]): Tensor {
  return { name, datatype: 'BYTES', shape, data: packBytes(values.map((value) => new TextEncoder().encode(value))) };
}

/** The numbers of a fixed-size tensor, as an array. */
export function numbersOf(tensor: Tensor | undefined): (number | bigint)[] {
  return tensor === undefined ? [] : Array.from<number | bigint>(typedView(tensor.datatype, tensor.data));
}

/** A batch item without sequence. */
export function batchItem(
  callId: number,
  inputs: readonly Tensor[],
  { rows = 1, parameters = {}, generation }: Partial<Pick<BatchItem, 'rows' | 'parameters' | 'generation'>> = {},
): BatchItem {
  const item = { callId, inputs, rows, parameters };
  return generation === undefined ? item : { ...item, generation };
}
