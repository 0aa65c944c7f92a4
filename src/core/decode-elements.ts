import type { Datatype } from './datatype.js';
import { fromBfloat16Bits, fromHalfBits } from './half.js';
import { bytesElements, elementCount, type Tensor, typedView } from './tensor.js';
import type { TensorData } from './tensor-values.js';

/** A tensor's elements as JavaScript holds them; a view of the data where it can be. */
export function decodeElements({ datatype, data }: Tensor): TensorData<Datatype> {
  if (datatype === 'BYTES') {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return bytesElements(data).map((element) => decoder.decode(element));
  }
  const view = typedView(datatype, data);
  if (datatype === 'FP16') return Float32Array.from(view as Uint16Array, fromHalfBits);
  return datatype === 'BF16' ? Float32Array.from(view as Uint16Array, fromBfloat16Bits) : view;
}

/** Flat elements as nested lists in the tensor's shape; the element itself for shape `[]`. */
export function nestElements(data: ArrayLike<unknown>, shape: readonly number[]): unknown {
  const [size, ...inner] = shape;
  if (size === undefined) return data[0];
  const flat = Array.from(data);
  if (inner.length === 0) return flat;
  const stride = elementCount(inner);
  return Array.from({ length: size }, (_, row) => nestElements(flat.slice(row * stride, (row + 1) * stride), inner));
}
