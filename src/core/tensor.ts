import { type Datatype, ELEMENT_SIZE_BYTES } from './datatype.js';
import { invalidArgument, MillraceError } from './errors.js';

/**
 * A named tensor as every room passes it on. `data` is Triton's raw encoding: little-endian, row-major, no padding;
 * BOOL one byte an element; FP16/BF16 two raw bytes; each BYTES element a uint32 LE length followed by its bytes.
 * `shape` is concrete (no negative dimension) and includes the batch dimension where the model has one.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The typed array in which JavaScript holds a fixed-size datatype (FP16 and BF16 as raw uint16 bits, BOOL as bytes). */
export type NumericArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

type NumericArrayConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericArray;
};

const ARRAY_OF: Readonly<Record<Exclude<Datatype, 'BYTES'>, NumericArrayConstructor>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BF16: Uint16Array,
};

/** Number of elements of a concrete shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (let axis = 0; axis < shape.length; axis++) count *= shape[axis] as number;
  return count;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/**
 * The elements of a fixed-size tensor as a typed array: a view when `data` is aligned, else a copy.
 * Throws for BYTES; use {@link bytesElements} there.
 */
export function typedView(datatype: Datatype, data: Uint8Array): NumericArray {
  if (datatype === 'BYTES') throw new MillraceError('internal', 'typedView: BYTES has no fixed element size');
  const size = ELEMENT_SIZE_BYTES[datatype];
  // Not `slice`: that of a Buffer copies nothing.
  const aligned = data.byteOffset % size === 0 ? data : new Uint8Array(data);
  return new ARRAY_OF[datatype](aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** The raw bytes of a typed array, as a view without copying. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The elements of a packed BYTES tensor as views. Throws `invalid_argument` naming the element
 * when a length runs past the end of the data.
 */
export function bytesElements(data: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  let offset = 0;
  while (offset < data.length) {
    const end = bytesElementEnd(data, offset, elements.length);
    elements.push(data.subarray(offset + 4, end));
    offset = end;
  }
  return elements;
}

/** Byte offset just behind `count` BYTES elements, the first of which starts at `offset`. */
export function bytesElementsEnd(data: Uint8Array, offset: number, count: number): number {
  let end = offset;
  for (let index = 0; index < count; index++) end = bytesElementEnd(data, end, index);
  return end;
}

/** Byte offset just behind the BYTES element that starts at `offset`; `index` only names it in the error. */
export function bytesElementEnd(data: Uint8Array, offset: number, index: number): number {
  if (offset + 4 > data.length) {
    throw invalidArgument(
      `BYTES element ${index}: expected a 4-byte length, got ${data.length - offset} trailing bytes`,
    );
  }
  const length =
    ((data[offset] as number) |
      ((data[offset + 1] as number) << 8) |
      ((data[offset + 2] as number) << 16) |
      ((data[offset + 3] as number) << 24)) >>>
    0;
  const end = offset + 4 + length;
  if (end > data.length) {
    throw invalidArgument(
      `BYTES element ${index}: its length says ${length} bytes, but only ${data.length - offset - 4} are left`,
    );
  }
  return end;
}

/** Packs byte strings into the raw encoding of a BYTES tensor. */
export function packBytes(elements: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = 0;
  for (const element of elements) sizeBytes += 4 + element.length;
  const packed = new Uint8Array(sizeBytes);
  const view = new DataView(packed.buffer);
  let offset = 0;
  for (const element of elements) {
    view.setUint32(offset, element.length, true);
    packed.set(element, offset + 4);
    offset += 4 + element.length;
  }
  return packed;
}

/** `1 element`, `3 elements`, for messages. */
export function formatElementCount(count: number): string {
  return count === 1 ? '1 element' : `${count} elements`;
}

/** `FP32[1,16]`: how a tensor type is written in messages to people. */
export function formatTensorType(datatype: Datatype, shape: readonly number[]): string {
  return `${datatype}[${shape.join(',')}]`;
}
