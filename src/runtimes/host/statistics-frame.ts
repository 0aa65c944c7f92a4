import { MillraceError } from '../../core/index.js';
import { type Frame, FrameKind, frameWords, HEADER_BYTES, writeHeader } from './frame.js';

/** Encodes the statistics of a model: behind the header one 64-bit float for each that it has declared, in order. */
export function encodeStatistics(modelKey: number, values: Float64Array): Uint8Array {
  const sizeBytes = HEADER_BYTES + values.byteLength;
  const bytes = Buffer.alloc(sizeBytes);
  writeHeader(frameWords(bytes), sizeBytes, { kind: FrameKind.statistics, modelKey, ticket: 0 });
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), HEADER_BYTES);
  return bytes;
}

/** A copy of the `count` values of a frame; throws where it has another number of them. */
export function decodeStatistics({ bytes }: Frame, count: number): Float64Array {
  if (bytes.byteLength !== HEADER_BYTES + count * Float64Array.BYTES_PER_ELEMENT) {
    throw new MillraceError('internal', `malformed frame: ${bytes.byteLength} bytes for ${count} statistics`);
  }
  return new Float64Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, count).slice();
}
