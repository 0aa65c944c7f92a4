import {
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  sameShape,
  type Tensor,
  toBfloat16Bits,
  toHalfBits,
  typedView,
} from '../core/index.js';

/**
 * Fills a fixed-size tensor up to `shape` (no axis smaller than its own) with `value`; the old elements keep their
 * indexes. BYTES tensors cannot be padded.
 */
export function padTensor(tensor: Tensor, shape: readonly number[], value: number): Tensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  const data = new Uint8Array(elementCount(shape) * ELEMENT_SIZE_BYTES[tensor.datatype]);
  if (value !== 0) fill(tensor.datatype, data, value);
  copyBox(tensor, { data, shape }, tensor.shape);
  return { name: tensor.name, datatype: tensor.datatype, shape, data };
}

function fill(datatype: Datatype, data: Uint8Array, value: number): void {
  const view = typedView(datatype, data);
  if (view instanceof BigInt64Array || view instanceof BigUint64Array) view.fill(BigInt(value));
  else if (datatype === 'FP16') view.fill(toHalfBits(value));
  else if (datatype === 'BF16') view.fill(toBfloat16Bits(value));
  else view.fill(value);
}

/** Cuts a fixed-size tensor down to `shape` (no axis larger than its own): the inverse of {@link padTensor}. */
export function cutTensor(tensor: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  const data = new Uint8Array(elementCount(shape) * ELEMENT_SIZE_BYTES[tensor.datatype]);
  copyBox(tensor, { data, shape }, shape);
  return { name: tensor.name, datatype: tensor.datatype, shape, data };
}

/** Copies the elements whose index lies inside `box` from one row-major array to another. */
function copyBox(
  from: Tensor,
  to: { readonly data: Uint8Array; readonly shape: readonly number[] },
  box: readonly number[],
): void {
  const elementBytes = ELEMENT_SIZE_BYTES[from.datatype];
  const copyAxis = (axis: number, fromIndex: number, toIndex: number): void => {
    const size = box[axis] as number;
    if (axis === box.length - 1) {
      const start = fromIndex * elementBytes;
      to.data.set(from.data.subarray(start, start + size * elementBytes), toIndex * elementBytes);
      return;
    }
    const fromStride = elementCount(from.shape.slice(axis + 1));
    const toStride = elementCount(to.shape.slice(axis + 1));
    for (let index = 0; index < size; index++) {
      copyAxis(axis + 1, fromIndex + index * fromStride, toIndex + index * toStride);
    }
  };
  if (elementCount(box) === 0) return;
  copyAxis(0, 0, 0);
}
