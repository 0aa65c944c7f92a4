import {
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatElementCount,
  invalidArgument,
  type MillraceError,
} from '../../../core/index.js';
import { DELIMITED, FIXED32, FIXED64, type ProtoReader } from '../../../protobuf/index.js';
import type { Named } from '../json/elements.js';

/** Of the length before each element of BYTES. */
const LENGTH_BYTES = 4;

/** The repeated fields of a message that hold the elements of a tensor, one for some datatypes each. */
export interface ValueFields {
  /** The number of the field of each datatype; 0 = none, they have to be sent raw. */
  readonly fieldOf: Readonly<Record<Datatype, number>>;
  /** By number, its name and the wire type of an element; other fields hold no elements. */
  readonly fields: readonly (readonly [name: string, wireType: number] | undefined)[];
  /** Where elements belong that have no field. */
  readonly raw: string;
  /** The message has fields besides, which are passed over. Default: they are refused. */
  readonly mixed?: boolean;
}

/** A tensor whose elements are to be read. */
export interface ValuesHead extends Named {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Bytes that may still be filled in where a message leaves out the last elements of tensors. */
export interface FillBudget {
  leftBytes: number;
}

export interface ReadValuesOptions {
  readonly how: ValueFields;
  /** Default: nothing may be missing. */
  readonly fill?: FillBudget;
}

/**
 * The raw data of a tensor from its typed fields, which are in what is left for the reader. Floats that lie in one piece are not copied.
 * With a budget the last element counts for all that are missing behind it, and where there is none they are 0. Throws
 * `invalid_argument` for a field of another datatype, wrong counts and integers out of range.
 */
export function readValues(reader: ProtoReader, head: ValuesHead, { how, fill }: ReadValuesOptions): Uint8Array {
  const { datatype } = head;
  if (datatype === 'BYTES') return readBytes(reader, head, { how, fill });
  const count = elementCount(head.shape);
  const sizeBytes = ELEMENT_SIZE_BYTES[datatype];
  // No element takes less than a byte on the wire: what a shape promises beyond that is not worth any memory.
  const room = Math.min(count, reader.end - reader.pos);
  let sink: ElementSink | undefined;
  let view: Uint8Array | undefined;
  let got = 0;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    const packed = checkField(reader, key, { head, how });
    if (packed === undefined) continue;
    if (packed && got === 0 && sizeBytes * count === viewLength(reader, datatype)) {
      view = reader.view();
      got = count;
      continue;
    }
    sink ??= createSink(head, datatype, { count: view === undefined ? room : count, how });
    if (view !== undefined) sink.out.set(view);
    view = undefined;
    got = packed ? readPacked(reader, sink, got) : readOne(reader, sink, got);
  }
  if (got === count) return view ?? sink?.out ?? new Uint8Array(0);
  if (got > count || fill === undefined) throw wrongCount(head, got);
  return fillNumbers(sink?.out.subarray(0, got * sizeBytes), { head, count, sizeBytes }, fill);
}

/** Length of the packed floats that come next, whose encoding is the raw one; -1 where elements have to be converted. */
function viewLength(reader: ProtoReader, datatype: Datatype): number {
  if (datatype !== 'FP32' && datatype !== 'FP64') return -1;
  const { pos } = reader;
  const length = reader.length();
  reader.pos = pos;
  return length;
}

interface Reading {
  readonly head: ValuesHead;
  readonly how: ValueFields;
}

/** Whether the field is a packed one; undefined where it holds no elements and was passed over. Throws unless it belongs to the datatype. */
function checkField(reader: ProtoReader, key: number, { head, how }: Reading): boolean | undefined {
  const field = key >>> 3;
  const known = how.fields[field];
  if (known === undefined && how.mixed === true) {
    reader.skip(key);
    return undefined;
  }
  const expected = how.fieldOf[head.datatype];
  const [name, wireType] = known ?? [String(field), -1];
  if (expected === 0) throw refused(head, `elements of ${head.datatype} must be sent in '${how.raw}', got '${name}'`);
  if (field !== expected) {
    throw refused(head, `elements of ${head.datatype} belong in '${how.fields[expected]?.[0]}', got '${name}'`);
  }
  if ((key & 7) === DELIMITED && wireType !== DELIMITED) return true;
  reader.expect(key, wireType);
  return false;
}

function readOne(reader: ProtoReader, sink: ElementSink, index: number): number {
  sink.read(reader, sink, index);
  return index + 1;
}

/** Takes as many elements as there are in a packed field; returns the index behind them. */
function readPacked(reader: ProtoReader, sink: ElementSink, from: number): number {
  if (sink.read === readFixed) return readPackedFixed(reader, sink, from);
  const outer = reader.enter();
  let index = from;
  while (reader.pos < reader.end) sink.read(reader, sink, index++);
  reader.leave(outer);
  return index;
}

function readPackedFixed(reader: ProtoReader, { head, out }: ElementSink, from: number): number {
  const sizeBytes = ELEMENT_SIZE_BYTES[head.datatype];
  const packed = reader.view();
  const rest = packed.length % sizeBytes;
  if (rest > 0) throw reader.malformed(`expected ${sizeBytes} bytes, got ${rest}`, reader.pos - rest);
  const at = from * sizeBytes;
  if (at < out.length) out.set(packed.subarray(0, out.length - at), at);
  return from + packed.length / sizeBytes;
}

interface Missing {
  readonly head: ValuesHead;
  readonly count: number;
  readonly sizeBytes: number;
}

function fillNumbers(given: Uint8Array | undefined, missing: Missing, fill: FillBudget): Uint8Array {
  const { count, sizeBytes } = missing;
  const out = allocateFilled(count * sizeBytes, missing.head, fill);
  if (given === undefined || given.length === 0) return out;
  out.set(given);
  out.fill(Buffer.from(given.subarray(given.length - sizeBytes)), given.length);
  return out;
}

function allocateFilled(sizeBytes: number, head: ValuesHead, fill: FillBudget): Buffer {
  if (sizeBytes > fill.leftBytes) {
    throw refused(
      head,
      `expected its elements, got so few that ${sizeBytes} bytes would have to be filled in, of which ${fill.leftBytes} are left for this request`,
    );
  }
  fill.leftBytes -= sizeBytes;
  return Buffer.alloc(sizeBytes);
}

/** Where the elements of a tensor go. */
interface ElementSink {
  readonly head: ValuesHead;
  readonly how: ValueFields;
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
  FP16: readInteger,
  BF16: readInteger,
  FP32: readFixed,
  FP64: readFixed,
};

function createSink(
  head: ValuesHead,
  datatype: Exclude<Datatype, 'BYTES'>,
  { count, how }: { readonly count: number; readonly how: ValueFields },
): ElementSink {
  const sizeBytes = ELEMENT_SIZE_BYTES[datatype];
  const min = datatype.startsWith('I') ? -(2 ** (8 * sizeBytes - 1)) : 0;
  const max = min + 2 ** (8 * sizeBytes) - 1;
  return { head, how, out: Buffer.allocUnsafe(count * sizeBytes), read: READERS[datatype], min, max };
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

function readInteger(reader: ProtoReader, { head, how, out, min, max }: ElementSink, index: number): void {
  reader.varint();
  const value = min < 0 ? reader.low | 0 : reader.low;
  if (value < min || value > max) {
    const field = how.fields[how.fieldOf[head.datatype]]?.[0];
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
function readBytes(
  reader: ProtoReader,
  head: ValuesHead,
  { how, fill }: { readonly how: ValueFields; readonly fill: FillBudget | undefined },
): Uint8Array {
  const start = reader.pos;
  let got = 0;
  let sizeBytes = 0;
  let lastBytes = 0;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (checkField(reader, key, { head, how }) === undefined) continue;
    lastBytes = reader.length();
    reader.pos += lastBytes;
    sizeBytes += LENGTH_BYTES + lastBytes;
    got++;
  }
  const count = elementCount(head.shape);
  if (got > count || (got < count && fill === undefined)) throw wrongCount(head, got);
  const elementBytes = LENGTH_BYTES + lastBytes;
  const missing = count - got;
  const out =
    missing === 0 || fill === undefined
      ? Buffer.allocUnsafe(sizeBytes)
      : allocateFilled(sizeBytes + missing * elementBytes, head, fill);
  reader.pos = start;
  for (let at = 0; at < sizeBytes; ) {
    const key = reader.key();
    if (how.fields[key >>> 3] === undefined) {
      reader.skip(key);
      continue;
    }
    const length = reader.length();
    at = out.writeUInt32LE(length, at);
    at += reader.bytes.copy(out, at, reader.pos, reader.pos + length);
    reader.pos += length;
  }
  if (missing > 0 && got > 0) out.fill(Buffer.from(out.subarray(sizeBytes - elementBytes, sizeBytes)), sizeBytes);
  return out;
}

function wrongCount(head: ValuesHead, got: number): MillraceError {
  return refused(
    head,
    `expected ${formatElementCount(elementCount(head.shape))} for shape [${head.shape}], got ${got}`,
  );
}

function refused({ label }: Named, text: string): MillraceError {
  return invalidArgument(`${label}: ${text}`);
}
