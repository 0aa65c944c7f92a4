import {
  bytesElementEnd,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  fromBfloat16Bits,
  fromHalfBits,
  type Tensor,
  typedView,
} from '../../../core/index.js';
import { writeInteger } from './digits.js';
import { floatAssembly } from './float-assembly.js';
import { MAX_NUMBER_BYTES, writeFloat32, writeFloat64 } from './format-float.js';
import type { JsonWriter } from './writer.js';

const COMMA = 0x2c;
/** Elements written between two checks for room. */
const BLOCK = 256;
/** Floats for which it is worth using WebAssembly. */
const MIN_FORMATTED = 32;
const TWO_TO_32 = 2 ** 32;
/** Most that is written in one go. */
export const SLICE_ELEMENTS = 16_384;
export const SLICE_STRING_BYTES = 262_144;

/** Writes element `index` from `at` on, at most {@link MAX_NUMBER_BYTES}; returns the offset behind it. */
type WriteElement = (bytes: Uint8Array, at: number, index: number) => number;

/** How far the elements of a tensor have been written. */
export interface Progress {
  /** Elements. */
  index: number;
  /** Of BYTES: where the data of the next element begins, and how many bytes of its text have been written. */
  offset: number;
  within: number;
}

/** Writes the elements of a tensor, separated by commas; FP16 and BF16 as the float32 that they are. */
export function writeElements(writer: JsonWriter, tensor: Tensor): void {
  const progress: Progress = { index: 0, offset: 0, within: 0 };
  while (writeSlice(writer, tensor, progress));
}

/** Writes as many more of the elements as take a few milliseconds at most; false when that was the last of them. */
export function writeSlice(writer: JsonWriter, tensor: Tensor, progress: Progress): boolean {
  const { datatype, data } = tensor;
  if (datatype === 'BYTES') return writeStrings(writer, data, progress);
  const count = data.length / ELEMENT_SIZE_BYTES[datatype];
  const slice = { first: 0, from: progress.index, to: Math.min(progress.index + SLICE_ELEMENTS, count) };
  createNumberWriter(datatype, data)(writer, slice);
  progress.index = slice.to;
  return slice.to < count;
}

/** Elements of a list that begins at `first`, from one index up to another. */
export interface Slice {
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

/** Writes elements with commas between them, and in front of those that are not the first of their list. */
export type WriteSlice = (writer: JsonWriter, slice: Slice) => void;

/** Writes elements of one tensor; FP16 and BF16 as the float32 that they are. */
export function createNumberWriter(datatype: Exclude<Datatype, 'BYTES'>, data: Uint8Array): WriteSlice {
  switch (datatype) {
    case 'FP32': {
      const values = typedView(datatype, data) as Float32Array;
      return (writer, slice) => writeFloats(writer, slice, (from, to) => values.subarray(from, to));
    }
    case 'FP16':
    case 'BF16': {
      const bits = typedView(datatype, data) as Uint16Array;
      const toFloat = datatype === 'FP16' ? fromHalfBits : fromBfloat16Bits;
      const valuesOf = (from: number, to: number) => Float32Array.from(bits.subarray(from, to), toFloat);
      return (writer, slice) => writeFloats(writer, slice, valuesOf);
    }
    case 'FP64': {
      const values = typedView(datatype, data) as Float64Array;
      return writeEach((bytes, at, index) => writeFloat64(bytes, at, values[index] as number));
    }
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'UINT8':
    case 'UINT16':
    case 'UINT32': {
      const values = typedView(datatype, data);
      return writeEach((bytes, at, index) => writeInteger(bytes, at, values[index] as number));
    }
    case 'INT64':
    case 'UINT64':
      return writeEach(longWriter(typedView('INT32', data) as Int32Array, datatype === 'INT64'));
    case 'BOOL':
      return writeEach((bytes, at, index) => writeWord(bytes, at, data[index] === 0 ? 'false' : 'true'));
    default:
      return datatype satisfies never;
  }
}

function writeEach(writeElement: WriteElement): WriteSlice {
  return (writer, slice) => writeAll(writer, slice, writeElement);
}

/** `valuesOf` gives the elements from one index up to another. */
function writeFloats(writer: JsonWriter, slice: Slice, valuesOf: (from: number, to: number) => Float32Array): void {
  const assembly = slice.to - slice.from >= MIN_FORMATTED ? floatAssembly() : undefined;
  if (assembly === undefined) {
    const values = valuesOf(slice.from, slice.to);
    writeAll(writer, slice, (bytes, at, index) => writeFloat32(bytes, at, values[index - slice.from] as number));
    return;
  }
  for (let from = slice.from; from < slice.to; from += assembly.maxFormatted) {
    const values = valuesOf(from, Math.min(from + assembly.maxFormatted, slice.to));
    assembly.loadValues(values);
    for (let done = 0; done < values.length; done++) {
      const text = assembly.format(done, values.length);
      // There is a comma in front of each.
      writer.asciiBytes(from + done === slice.first ? text.subarray(1) : text);
      done = assembly.status;
      if (done === values.length) break;
      const index = from + done;
      writeAll(writer, { first: slice.first, from: index, to: index + 1 }, (bytes, at) =>
        writeFloat32(bytes, at, values[done] as number),
      );
    }
  }
}

function writeAll(writer: JsonWriter, { first, from, to }: Slice, writeElement: WriteElement): void {
  for (let start = from; start < to; start += BLOCK) {
    const end = Math.min(start + BLOCK, to);
    writer.reserve((end - start) * (MAX_NUMBER_BYTES + 1));
    const { bytes } = writer;
    let at = writer.length;
    for (let index = start; index < end; index++) {
      if (index > first) bytes[at++] = COMMA;
      at = writeElement(bytes, at, index);
    }
    writer.length = at;
  }
}

function longWriter(words: Int32Array, signed: boolean): WriteElement {
  return (bytes, at, index) => {
    const low = (words[2 * index] as number) >>> 0;
    const high = words[2 * index + 1] as number;
    const value = (signed ? high : high >>> 0) * TWO_TO_32 + low;
    if (Number.isSafeInteger(value)) return writeInteger(bytes, at, value);
    const exact = (BigInt(signed ? high : high >>> 0) << 32n) | BigInt(low);
    return writeWord(bytes, at, exact.toString());
  };
}

function writeWord(bytes: Uint8Array, at: number, word: string): number {
  for (let index = 0; index < word.length; index++) bytes[at + index] = word.charCodeAt(index);
  return at + word.length;
}

function writeStrings(writer: JsonWriter, data: Uint8Array, progress: Progress): boolean {
  const first = progress.index;
  let roomBytes = SLICE_STRING_BYTES;
  while (progress.offset < data.length) {
    if (progress.index - first === SLICE_ELEMENTS || roomBytes <= 0) return true;
    const end = bytesElementEnd(data, progress.offset, progress.index);
    if (progress.within === 0) writer.ascii(progress.index === 0 ? '"' : ',"');
    const start = progress.offset + 4 + progress.within;
    const stop = Math.min(end, start + roomBytes);
    writer.content(data.subarray(start, stop));
    roomBytes -= stop - start;
    progress.within += stop - start;
    if (stop < end) return true;
    writer.ascii('"');
    progress.offset = end;
    progress.within = 0;
    progress.index++;
  }
  return false;
}
