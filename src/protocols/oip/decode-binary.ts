import {
  bytesElementEnd,
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatElementCount,
  formatTensorType,
  invalidArgument,
  MillraceError,
  type Tensor,
  toMillraceError,
} from '../../core/index.js';
import { LARGE_BYTES } from '../wire.js';
import { type InputHead, inputLabel } from './decode-input.js';

const EMPTY = new Uint8Array(0);

/**
 * Gives the inputs that have no JSON data theirs from `blob`, one after the other (Triton's binary tensor data), as
 * views; those in shared memory get none. Throws unless sizes fit shapes and the blob is used up exactly.
 */
export function attachBinary(heads: readonly InputHead[], blob: Uint8Array): Tensor[] {
  let offset = 0;
  const tensors = heads.map((head): Tensor => {
    const { name, datatype, shape, content } = head;
    if (content instanceof Uint8Array) return { name, datatype, shape, data: content };
    if (typeof content !== 'number') return { name, datatype, shape, data: EMPTY };
    if (content > blob.length - offset) {
      throw invalidArgument(
        `${inputLabel(name)}: binary_data_size says ${content} bytes, but ${blob.length - offset} are left behind the JSON`,
      );
    }
    const data = blob.subarray(offset, offset + content);
    offset += content;
    checkSize(head, data);
    return { name, datatype, shape, data };
  });
  if (offset < blob.length) {
    throw invalidArgument(
      `expected ${offset} bytes of binary data behind the JSON, got ${blob.length}; check binary_data_size and Inference-Header-Content-Length`,
    );
  }
  return tensors;
}

/** Throws `invalid_argument` unless raw data is as long as datatype and shape say. Much BYTES data is for the engine to count. */
export function checkSize({ name, datatype, shape }: Omit<InputHead, 'content'>, data: Uint8Array): void {
  const count = elementCount(shape);
  if (datatype === 'BYTES') {
    if (data.length > LARGE_BYTES) return;
    const got = countBytesElements(name, data);
    if (got === count) return;
    throw invalidArgument(
      `${inputLabel(name)}: expected ${formatElementCount(count)} for shape [${shape}], got ${got}`,
    );
  }
  const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
  if (data.length === sizeBytes) return;
  const type = formatTensorType(datatype, shape);
  throw invalidArgument(`${inputLabel(name)}: expected ${sizeBytes} bytes for ${type}, got ${data.length}`);
}

function countBytesElements(name: string, data: Uint8Array): number {
  let count = 0;
  try {
    for (let offset = 0; offset < data.length; count++) offset = bytesElementEnd(data, offset, count);
  } catch (error) {
    const { code, message } = toMillraceError(error);
    throw new MillraceError(code, `${inputLabel(name)}: ${message}`);
  }
  return count;
}
