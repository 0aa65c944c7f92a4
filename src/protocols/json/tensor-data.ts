import { bytesOf, type Datatype, toBfloat16Bits, toHalfBits } from '../../core/index.js';
import { readBooleans } from './booleans.js';
import type { JsonCursor } from './cursor.js';
import { floatAssembly } from './float-assembly.js';
import { FloatReader } from './float-reader.js';
import { readFloats } from './floats.js';
import { type IntegerElements, readIntegers } from './integers.js';
import { type DataShape, readNested } from './nesting.js';
import { skipUnchecked } from './skip.js';
import { packedSizeLimit, readStrings } from './strings.js';

/** The `data` of a tensor in the text. */
export interface TensorText extends DataShape {
  readonly datatype: Datatype;
}

/**
 * Takes the JSON `data` of a tensor and returns its raw encoding. FP16 and BF16 are rounded from float32. Memory is
 * bounded by the text, whatever the shape says.
 */
export function readTensorData(cursor: JsonCursor, text: TensorText): Uint8Array {
  const { datatype } = text;
  switch (datatype) {
    case 'FP32':
      return readFloat32s(cursor, text);
    case 'FP64':
      return readFloat64s(cursor, text);
    case 'FP16':
      return bytesOf(Uint16Array.from(asFloat32s(readFloat32s(cursor, text)), toHalfBits));
    case 'BF16':
      return bytesOf(Uint16Array.from(asFloat32s(readFloat32s(cursor, text)), toBfloat16Bits));
    case 'INT8':
      return bytesOf(new Int8Array(asInt32s(readWords(cursor, text, INT8))));
    case 'INT16':
      return bytesOf(new Int16Array(asInt32s(readWords(cursor, text, INT16))));
    case 'UINT8':
      return bytesOf(new Uint8Array(asInt32s(readWords(cursor, text, UINT8))));
    case 'UINT16':
      return bytesOf(new Uint16Array(asInt32s(readWords(cursor, text, UINT16))));
    case 'INT32':
      return readWords(cursor, text, INT32);
    case 'UINT32':
      return readWords(cursor, text, UINT32);
    case 'INT64':
      return readWords(cursor, text, INT64);
    case 'UINT64':
      return readWords(cursor, text, UINT64);
    case 'BOOL':
      return readBools(cursor, text);
    case 'BYTES':
      return readBytes(cursor, text);
    default:
      return datatype satisfies never;
  }
}

/** Text of which it is not worth knowing where an array ends before it is read. */
const SMALL_BYTES = 2_048;
/** Floats in a row for which it is worth putting their text in its memory. */
const MIN_SCANNED = 64;

type IntegerKind = Pick<IntegerElements, 'min' | 'max' | 'wordsPerElement'>;

const INT8: IntegerKind = { min: -(2n ** 7n), max: 2n ** 7n - 1n, wordsPerElement: 1 };
const INT16: IntegerKind = { min: -(2n ** 15n), max: 2n ** 15n - 1n, wordsPerElement: 1 };
const INT32: IntegerKind = { min: -(2n ** 31n), max: 2n ** 31n - 1n, wordsPerElement: 1 };
const INT64: IntegerKind = { min: -(2n ** 63n), max: 2n ** 63n - 1n, wordsPerElement: 2 };
const UINT8: IntegerKind = { min: 0n, max: 2n ** 8n - 1n, wordsPerElement: 1 };
const UINT16: IntegerKind = { min: 0n, max: 2n ** 16n - 1n, wordsPerElement: 1 };
const UINT32: IntegerKind = { min: 0n, max: 2n ** 32n - 1n, wordsPerElement: 1 };
const UINT64: IntegerKind = { min: 0n, max: 2n ** 64n - 1n, wordsPerElement: 2 };

function readFloat32s(cursor: JsonCursor, text: TensorText): Buffer {
  const raw = makeRoom(cursor, text, 4);
  readFloatData(cursor, text, asFloat32s(raw));
  return raw;
}

function readFloat64s(cursor: JsonCursor, text: TensorText): Buffer {
  const raw = makeRoom(cursor, text, 8);
  readFloatData(cursor, text, new Float64Array(raw.buffer, raw.byteOffset, raw.length / 8));
  return raw;
}

function readFloatData(cursor: JsonCursor, text: TensorText, out: Float32Array | Float64Array): void {
  const elements = { tensor: text.tensor, out };
  const assembly = text.count >= MIN_SCANNED ? floatAssembly() : undefined;
  if (assembly === undefined) {
    readNested(cursor, text, (from) => readFloats(cursor, elements, from));
    return;
  }
  const reader = new FloatReader(assembly, cursor, elements);
  readNested(cursor, text, (from, expected) =>
    expected >= MIN_SCANNED ? reader.read(from) : readFloats(cursor, elements, from),
  );
}

function readWords(cursor: JsonCursor, text: TensorText, kind: IntegerKind): Buffer {
  const raw = makeRoom(cursor, text, 4 * kind.wordsPerElement);
  const elements = { tensor: text.tensor, out: asInt32s(raw), ...kind };
  readNested(cursor, text, (from) => readIntegers(cursor, elements, from));
  return raw;
}

function readBools(cursor: JsonCursor, text: TensorText): Buffer {
  const raw = makeRoom(cursor, text, 1);
  const elements = { tensor: text.tensor, out: raw };
  readNested(cursor, text, (from) => readBooleans(cursor, elements, from));
  return raw;
}

function readBytes(cursor: JsonCursor, text: TensorText): Uint8Array {
  const start = cursor.pos;
  let jsonBytes = cursor.end - start;
  if (jsonBytes > SMALL_BYTES) {
    skipUnchecked(cursor);
    jsonBytes = cursor.pos - start;
    cursor.pos = start;
  }
  const bytes = Buffer.allocUnsafe(packedSizeLimit(jsonBytes));
  const out = { bytes, sizeBytes: 0 };
  const elements = { tensor: text.tensor, out };
  readNested(cursor, text, (from) => readStrings(cursor, elements, from));
  return bytes.subarray(0, out.sizeBytes);
}

/**
 * Room for the elements, at most for as many as the rest of the text can hold at two bytes each; {@link readNested}
 * throws where that is fewer than the shape says. Aligned for every datatype, as the buffers of Node's pool are.
 */
function makeRoom(cursor: JsonCursor, text: TensorText, elementBytes: number): Buffer {
  return Buffer.allocUnsafe(Math.min(text.count, (cursor.end - cursor.pos) >>> 1) * elementBytes);
}

function asFloat32s(raw: Buffer): Float32Array {
  return new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
}

function asInt32s(raw: Buffer): Int32Array {
  return new Int32Array(raw.buffer, raw.byteOffset, raw.length / 4);
}
