import {
  bytesElements,
  decodeElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  type InferResponse,
  type Signature,
  type Tensor,
} from '../../core/index.js';

/** Classes of a row beyond which it is taken for an embedding or a picture, of which no element stands for the whole. */
const MAX_CLASSES = 1_024;
/** Bytes of a text that can be a label. */
const MAX_LABEL_BYTES = 64;
/** Whole numbers up to here are classes, each for itself. */
const MAX_CLASS = 1_000;

/**
 * What an answer comes to, as a small bucket: the class of its first row, or about how large its number is; of the first output that has
 * one. Undefined where nothing stands for the whole: embeddings, pictures, long texts.
 */
export function answerBucket({ outputs }: InferResponse, signature: Signature): string | undefined {
  for (const output of outputs) {
    const isBatched = signature.outputs.find(({ name }) => name === output.name)?.batchAxis === 0;
    const bucket = tensorBucket(output, elementCount(isBatched ? output.shape.slice(1) : output.shape));
    if (bucket !== undefined) return bucket;
  }
  return undefined;
}

/** `width`: elements of a row. */
function tensorBucket(tensor: Tensor, width: number): string | undefined {
  const { datatype, data } = tensor;
  if (width === 0 || data.byteLength === 0 || width > MAX_CLASSES) return undefined;
  if (datatype === 'BYTES') return labelOf(data);
  const row: Tensor = { ...tensor, shape: [width], data: data.subarray(0, width * ELEMENT_SIZE_BYTES[datatype]) };
  const elements = Array.from<unknown>(decodeElements(row) as ArrayLike<unknown>).map(Number);
  return width === 1 ? magnitudeOf(elements[0] ?? 0) : `class ${largestOf(elements)}`;
}

function labelOf(data: Uint8Array): string | undefined {
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
  if (length > MAX_LABEL_BYTES) return undefined;
  const [first] = bytesElements(data.subarray(0, 4 + length));
  return new TextDecoder().decode(first);
}

function largestOf(elements: readonly number[]): number {
  let largest = 0;
  for (const [index, element] of elements.entries()) if (element > (elements[largest] ?? 0)) largest = index;
  return largest;
}

/** Whole numbers up to a thousand as they are, shares by tenths, others by powers of two. */
function magnitudeOf(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) <= MAX_CLASS) return String(value);
  if (value > 0 && value < 1) return `${Math.floor(value * 10) / 10} to ${Math.floor(value * 10 + 1) / 10}`;
  return `${value < 0 ? '-' : ''}2^${Math.floor(Math.log2(Math.abs(value)))}`;
}
