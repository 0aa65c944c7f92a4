import { bytesElementsEnd, type Datatype, elementCount, type Tensor } from '../../core/index.js';

type Piece = Pick<Tensor, 'shape' | 'data'>;

/**
 * Puts tensors together along `axis`; all their other sizes are equal. Texts (BYTES) only along axis 0. One alone is
 * handed through as it is.
 */
export function stack(pieces: readonly Piece[], axis: number): Piece {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const shape = [...(first?.shape ?? [])];
  shape[axis] = pieces.reduce((sum, piece) => sum + (piece.shape[axis] ?? 1), 0);
  const blocks = elementCount(shape.slice(0, axis));
  const data = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.data.byteLength, 0));
  let offset = 0;
  for (let block = 0; block < blocks; block++) {
    for (const piece of pieces) {
      const blockBytes = piece.data.byteLength / blocks;
      data.set(piece.data.subarray(block * blockBytes, (block + 1) * blockBytes), offset);
      offset += blockBytes;
    }
  }
  return { shape, data };
}

/** Cuts a tensor along axis 0 into parts of so many rows each, as views. */
export function splitRows(
  { datatype, shape, data }: Tensor,
  rowCounts: readonly number[],
): { readonly shape: readonly number[]; readonly data: Uint8Array }[] {
  const rest = shape.slice(1);
  const rowElements = elementCount(rest);
  const rowBytes = data.byteLength / (shape[0] as number);
  let offset = 0;
  return rowCounts.map((rows) => {
    const end = datatype === 'BYTES' ? bytesElementsEnd(data, offset, rows * rowElements) : offset + rows * rowBytes;
    const part = { shape: [rows, ...rest], data: data.subarray(offset, end) };
    offset = end;
    return part;
  });
}

/** Copies of the slices of thickness 1 of a tensor along `axis`, `shape[axis]` of them. */
export function copySlices(
  tensor: Tensor,
  axis: number,
): { readonly shape: readonly number[]; readonly data: Uint8Array }[] {
  const count = tensor.shape[axis] as number;
  const shape = tensor.shape.map((size, index) => (index === axis ? 1 : size));
  if (axis === 0) {
    const ones = new Array<number>(count).fill(1);
    return splitRows(tensor, ones).map(({ data }) => ({ shape, data: copyOf(data) }));
  }
  const blocks = elementCount(tensor.shape.slice(0, axis));
  const pieceBytes = tensor.data.byteLength / blocks / count;
  return Array.from({ length: count }, (_, index) => {
    const data = new Uint8Array(blocks * pieceBytes);
    for (let block = 0; block < blocks; block++) {
      const start = (block * count + index) * pieceBytes;
      data.set(tensor.data.subarray(start, start + pieceBytes), block * pieceBytes);
    }
    return { shape, data };
  });
}

/** Not `slice`: that of a Buffer copies nothing. */
export function copyOf(data: Uint8Array): Uint8Array {
  return new Uint8Array(data);
}

/** `count` zeros, or empty texts, in the raw encoding. */
export function zeros(datatype: Datatype, elementBytes: number, count: number): Uint8Array {
  // An empty text is its length alone.
  return new Uint8Array(count * (datatype === 'BYTES' ? 4 : elementBytes));
}
