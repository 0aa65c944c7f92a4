import { bytesElementEnd, type Tensor } from '../../../core/index.js';
import { createNumberWriter, SLICE_ELEMENTS, SLICE_STRING_BYTES, type Slice } from '../json/write-elements.js';
import type { JsonWriter } from '../json/writer.js';

/**
 * Writes the elements of one tensor in their order, run by run: as many of a slice as take a few milliseconds at most. Returns the index
 * of the element to go on with.
 */
export type WriteRun = (writer: JsonWriter, slice: Slice) => number;

/** Names of BYTES outputs that hold no text end so: TensorFlow Serving writes their elements as base64. */
const BASE64_SUFFIX = '_bytes';

export function createRunWriter({ name, datatype, data }: Tensor): WriteRun {
  if (datatype === 'BYTES') return createStringWriter(data, name.endsWith(BASE64_SUFFIX) ? BASE64 : TEXT);
  const write = createNumberWriter(datatype, data);
  return (writer, { first, from, to }) => {
    const end = Math.min(to, from + SLICE_ELEMENTS);
    write(writer, { first, from, to: end });
    return end;
  };
}

interface StringForm {
  readonly open: string;
  readonly close: string;
  /** Bytes that may be written one piece after the other: a multiple of three for base64. */
  readonly pieceBytes: number;
  readonly write: (writer: JsonWriter, piece: Uint8Array) => void;
}

const TEXT: StringForm = {
  open: '"',
  close: '"',
  pieceBytes: SLICE_STRING_BYTES,
  write: (writer, piece) => writer.content(piece),
};

const BASE64: StringForm = {
  open: '{"b64":"',
  close: '"}',
  pieceBytes: Math.floor(SLICE_STRING_BYTES / 3) * 3,
  write: (writer, piece) =>
    writer.ascii(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('base64')),
};

function createStringWriter(data: Uint8Array, { open, close, pieceBytes, write }: StringForm): WriteRun {
  /** Where the next element begins, and how much of it is written. */
  let offset = 0;
  let within = 0;
  return (writer, { first, from, to }) => {
    const last = Math.min(to, from + SLICE_ELEMENTS);
    let room = pieceBytes;
    for (let index = from; index < last; index++) {
      if (room <= 0) return index;
      const end = bytesElementEnd(data, offset, index);
      if (within === 0) {
        if (index > first) writer.ascii(',');
        writer.ascii(open);
      }
      const start = offset + 4 + within;
      // A multiple of three, unless it is the rest.
      const size = Math.min(end - start, within === 0 ? pieceBytes : room);
      write(writer, data.subarray(start, start + size));
      room -= size;
      within += size;
      if (start + size < end) return index;
      writer.ascii(close);
      offset = end;
      within = 0;
    }
    return last;
  };
}
