import type { Tensor } from '../core/index.js';

/**
 * Column `index` of a batch: the data of tensor `index` of every list, in order, as few views as possible. Neighbours
 * that lie behind one another in the same buffer (as they do when they came in one frame) become one view, not a copy.
 */
export function columnChunks(lists: readonly (readonly Tensor[])[], index: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let buffer: ArrayBufferLike | undefined;
  let start = 0;
  let end = 0;
  let single: Uint8Array | undefined;
  for (const list of lists) {
    const data = list[index]?.data;
    if (data === undefined || data.byteLength === 0) continue;
    if (data.buffer === buffer && data.byteOffset === end) {
      end += data.byteLength;
      single = undefined;
      continue;
    }
    if (buffer !== undefined) chunks.push(single ?? new Uint8Array(buffer, start, end - start));
    buffer = data.buffer;
    start = data.byteOffset;
    end = start + data.byteLength;
    single = data;
  }
  if (buffer !== undefined) chunks.push(single ?? new Uint8Array(buffer, start, end - start));
  return chunks;
}

/**
 * Column `index` of a batch as one piece: a view when it is contiguous already, else one copy, for which `allocate` gives the memory (by
 * default fresh one).
 */
export function joinColumn(
  lists: readonly (readonly Tensor[])[],
  index: number,
  allocate: (sizeBytes: number) => Uint8Array = (sizeBytes) => new Uint8Array(sizeBytes),
): Uint8Array {
  const chunks = columnChunks(lists, index);
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let sizeBytes = 0;
  for (const chunk of chunks) sizeBytes += chunk.byteLength;
  const joined = allocate(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return joined;
}
