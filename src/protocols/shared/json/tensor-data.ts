import type { Datatype } from '../../../core/index.js';
import { readBooleans } from './booleans.js';
import type { JsonCursor } from './cursor.js';
import { floatAssembly } from './float-assembly.js';
import { FloatReader, MIN_SCANNED } from './float-reader.js';
import { readFloats } from './floats.js';
import { INTEGER_KINDS, type IntegerDatatype, readIntegers } from './integers.js';
import { asFloat32s, asInt32s, narrow } from './narrow.js';
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
    case 'BF16':
      return narrow(datatype, readFloat32s(cursor, text));
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'INT64':
    case 'UINT8':
    case 'UINT16':
    case 'UINT32':
    case 'UINT64':
      return narrow(datatype, readWords(cursor, text, datatype));
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
  const reader = new FloatReader(assembly, cursor);
  readNested(cursor, text, (from, expected) =>
    expected >= MIN_SCANNED ? reader.read(elements, from) : readFloats(cursor, elements, from),
  );
}

function readWords(cursor: JsonCursor, text: TensorText, datatype: IntegerDatatype): Buffer {
  const kind = INTEGER_KINDS[datatype];
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
