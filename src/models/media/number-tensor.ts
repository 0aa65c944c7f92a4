import { elementCount, encodeElements, type Tensor, type TensorSpec } from '../../core/index.js';

/** A number as a tensor of an input, once for each row; its other dimensions are 1. */
export function numberTensor(spec: TensorSpec, value: number, rows: number): Tensor {
  const { name, datatype, batchAxis } = spec;
  const shape = spec.shape.map((_, axis) => (axis === 0 && batchAxis === 0 ? rows : 1));
  return { name, datatype, shape, data: encodeElements(name, datatype, Array(elementCount(shape)).fill(value)) };
}
