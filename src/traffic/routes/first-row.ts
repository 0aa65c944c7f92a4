import {
  bytesElements,
  decodeElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  type Signature,
  type Tensor,
} from '../../core/index.js';

/** Elements of a row beyond which it is taken for an embedding or a picture, of which no element stands for the whole. */
const MAX_ELEMENTS = 1_024;
/** Bytes of a text that can be a label. */
const MAX_LABEL_BYTES = 64;

/** The first row of an output: a short text, or its numbers. */
export type FirstRow = string | readonly number[];

/** Undefined where there is none, where it has too many elements to be classes, and for long texts. */
export function firstRowOf(output: Tensor, signature: Signature): FirstRow | undefined {
  const { name, datatype, shape, data } = output;
  const isBatched = signature.outputs.find((spec) => spec.name === name)?.batchAxis === 0;
  const width = elementCount(isBatched ? shape.slice(1) : shape);
  if (width === 0 || data.byteLength === 0 || width > MAX_ELEMENTS) return undefined;
  if (datatype === 'BYTES') return labelOf(data);
  const row: Tensor = { ...output, shape: [width], data: data.subarray(0, width * ELEMENT_SIZE_BYTES[datatype]) };
  return Array.from<unknown>(decodeElements(row) as ArrayLike<unknown>).map(Number);
}

/** The first of the largest. */
export function indexOfLargest(numbers: readonly number[]): number {
  let largest = 0;
  for (const [index, number] of numbers.entries()) if (number > (numbers[largest] ?? 0)) largest = index;
  return largest;
}

function labelOf(data: Uint8Array): string | undefined {
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
  if (length > MAX_LABEL_BYTES) return undefined;
  const [first] = bytesElements(data.subarray(0, 4 + length));
  return new TextDecoder().decode(first);
}
