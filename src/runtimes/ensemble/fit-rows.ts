import type { Tensor, TensorSpec } from '../../core/index.js';

/**
 * A tensor on its way between a model with a batch dimension and one without, as Triton passes it: one row loses the
 * dimension or gets it, under its new name. Everything else stays as it is, for the receiver to judge.
 */
export function fitRows(tensor: Tensor, spec: TensorSpec): Tensor {
  const { datatype, data } = tensor;
  return { name: spec.name, datatype, shape: fitShape(tensor.shape, spec), data };
}

function fitShape(shape: readonly number[], spec: TensorSpec): readonly number[] {
  if (shape.length === spec.shape.length) return shape;
  if (spec.batchAxis === 0 && shape.length === spec.shape.length - 1) return [1, ...shape];
  if (spec.batchAxis === null && shape.length === spec.shape.length + 1 && shape[0] === 1) return shape.slice(1);
  return shape;
}
