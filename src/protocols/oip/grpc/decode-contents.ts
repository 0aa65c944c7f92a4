import {
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatElementCount,
  invalidArgument,
  type MillraceError,
} from '../../../core/index.js';
import { DELIMITED, FIXED32, FIXED64, type ProtoReader, VARINT } from '../../grpc/proto-reader.js';
import type { Named } from '../../json/elements.js';

/** Of the length before each element of BYTES. */
const LENGTH_BYTES = 4;

/** `InferTensorContents`: what its fields hold. */
const FIELDS = [
  undefined,
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
] as const;

/** The field that holds the elements of each datatype; 0 = none does, they have to be sent raw. */
const FIELD_OF: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP32: 6,
  FP64: 7,
  BYTES: 8,
  FP16: 0,
  BF16: 0,
};

const WIRE_TYPE_OF_FIELD = [-1, VARINT, VARINT, VARINT, VARINT, VARINT, FIXED32, FIXED64, DELIMITED];

/** A tensor whose elements are to be read. */
export interface ContentsHead extends Named {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/**
 * The raw data of a tensor from its `InferTensorContents`, which is what is left for the reader. Floats that lie in one
 * piece are not copied. Throws `invalid_argument` for a field of another datatype, wrong counts and integers out of range.
 */
export function readContents(reader: ProtoReader, head: ContentsHead): Uint8Array {
  const { datatype } = head;
  if (datatype === 'BYTES') return readBytes(reader, head);
  const count = elementCount(head.shape);
  const sizeBytes = ELEMENT_SIZE_BYTES[datatype];
  // No element takes less than a byte on the wire: what a shape promises beyond that is not worth any memory.
  const room = Math.min(count, reader.end - reader.pos);
  let sink: ElementSink | undefined;
  let got = 0;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    const packed = checkField(reader, key, head);
    if (packed && sink === undefined && sizeBytes * count === viewLength(reader, datatype)) {
      const view = reader.view();
      if (reader.pos === reader.end) return view;
      sink = createSink(head, datatype, count);
      sink.out.set(view);
      got = count;
      continue;
    }
    sink ??= createSink(head, datatype, room);
    const outer = packed ? reader.enter() : reader.end;
    // An unpacked field has one element, a packed one as many as fit.
    for (let more = !packed || reader.pos < reader.end; more; more = packed && reader.pos < reader.end) {
      sink.read(reader, sink, got++);
    }
    reader.leave(outer);
  }
  if (got !== count) throw wrongCount(head, got);
  return sink?.out ?? new Uint8Array(0);
}

/** Length of the packed floats that come next, whose encoding is the raw one; -1 where elements have to be converted. */
function viewLength(reader: ProtoReader, datatype: Datatype): number {
  if (datatype !== 'FP32' && datatype !== 'FP64') return -1;
  const { pos } = reader;
  const length = reader.length();
  reader.pos = pos;
  return length;
}

/** Whether the field is a packed one; throws unless it belongs to the datatype. */
function checkField(reader: ProtoReader, key: number, head: ContentsHead): boolean {
  const field = key >>> 3;
  const expected = FIELD_OF[head.datatype];
  const name = FIELDS[field];
  if (expected === 0) {
    throw refused(head, `elements of ${head.datatype} must be sent in 'raw_input_contents', got '${name ?? field}'`);
  }
  if (field !== expected) {
    throw refused(head, `elements of ${head.datatype} belong in '${FIELDS[expected]}', got '${name ?? field}'`);
  }
  const wireType = WIRE_TYPE_OF_FIELD[field] as number;
  if ((key & 7) === DELIMITED && wireType !== DELIMITED) return true;
  reader.expect(key, wireType);
  return false;
}

/** Where the elements of a tensor go. */
interface ElementSink {
  readonly head: ContentsHead;
  readonly out: Buffer;
  readonly read: ReadElement;
  /** Of integers of at most 32 bits: the range of the datatype. */
  readonly min: number;
  readonly max: number;
}

/** Takes the element `index`. Those for which there is no room are counted, not kept. */
type ReadElement = (reader: ProtoReader, sink: ElementSink, index: number) => void;

const READERS: Readonly<Record<Exclude<Datatype, 'BYTES'>, ReadElement>> = {
  BOOL: readBoolean,
  INT8: readInteger,
  INT16: readInteger,
  INT32: readInteger,
  INT64: readLong,
  UINT8: readInteger,
  UINT16: readInteger,
  UINT32: readInteger,
  UINT64: readLong,
  FP16: readFixed,
  BF16: readFixed,
  FP32: readFixed,
  FP64: readFixed,
};

function createSink(head: ContentsHead, datatype: Exclude<Datatype, 'BYTES'>, count: number): ElementSink {
  const sizeBytes = ELEMENT_SIZE_BYTES[datatype];
  const min = datatype.startsWith('I') ? -(2 ** (8 * sizeBytes - 1)) : 0;
  const max = min + 2 ** (8 * sizeBytes) - 1;
  return { head, out: Buffer.allocUnsafe(count * sizeBytes), read: READERS[datatype], min, max };
}

/** Floats are on the wire what they are in memory. */
function readFixed(reader: ProtoReader, { head, out }: ElementSink, index: number): void {
  const sizeBytes = ELEMENT_SIZE_BYTES[head.datatype];
  const { pos } = reader;
  reader.skip(sizeBytes === 4 ? FIXED32 : FIXED64);
  if (index * sizeBytes < out.length) reader.bytes.copy(out, index * sizeBytes, pos, reader.pos);
}

function readBoolean(reader: ProtoReader, { out }: ElementSink, index: number): void {
  reader.varint();
  if (index < out.length) out[index] = reader.low === 0 && reader.high === 0 ? 0 : 1;
}

function readLong(reader: ProtoReader, { out }: ElementSink, index: number): void {
  reader.varint();
  if (8 * index >= out.length) return;
  out.writeUInt32LE(reader.low, 8 * index);
  out.writeUInt32LE(reader.high, 8 * index + 4);
}

function readInteger(reader: ProtoReader, { head, out, min, max }: ElementSink, index: number): void {
  reader.varint();
  const value = min < 0 ? reader.low | 0 : reader.low;
  if (value < min || value > max) {
    const field = FIELDS[FIELD_OF[head.datatype]];
    throw refused(head, `${field}[${index}]: expected an integer from ${min} to ${max}, got ${value}`);
  }
  const sizeBytes = ELEMENT_SIZE_BYTES[head.datatype];
  let at = sizeBytes * index;
  if (at >= out.length) return;
  out[at++] = value;
  if (sizeBytes === 1) return;
  out[at++] = value >>> 8;
  if (sizeBytes === 2) return;
  out[at++] = value >>> 16;
  out[at++] = value >>> 24;
}

/** Counts first: an object for each element would take many times the memory of the message. */
function readBytes(reader: ProtoReader, head: ContentsHead): Uint8Array {
  const start = reader.pos;
  let count = 0;
  let sizeBytes = 0;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    checkField(reader, key, head);
    const length = reader.length();
    reader.pos += length;
    sizeBytes += LENGTH_BYTES + length;
    count++;
  }
  if (count !== elementCount(head.shape)) throw wrongCount(head, count);
  const out = Buffer.allocUnsafe(sizeBytes);
  reader.pos = start;
  for (let at = 0; at < sizeBytes; ) {
    reader.key();
    const length = reader.length();
    at = out.writeUInt32LE(length, at);
    at += reader.bytes.copy(out, at, reader.pos, reader.pos + length);
    reader.pos += length;
  }
  return out;
}

function wrongCount(head: ContentsHead, got: number): MillraceError {
  return refused(
    head,
    `expected ${formatElementCount(elementCount(head.shape))} for shape [${head.shape}], got ${got}`,
  );
}

function refused({ label }: Named, text: string): MillraceError {
  return invalidArgument(`${label}: ${text}`);
}
