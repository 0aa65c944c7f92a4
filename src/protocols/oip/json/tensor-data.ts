import { bytesOf, type Datatype, toBfloat16Bits, toHalfBits } from '../../../core/index.js';
import { readBooleans } from './booleans.js';
import type { JsonCursor } from './cursor.js';
import { readFloats } from './floats.js';
import { type IntegerElements, readIntegers } from './integers.js';
import { type DataShape, readNested } from './nesting.js';
import { skipValue } from './skip.js';
import { packedSizeLimit, readStrings } from './strings.js';

/** A tensor whose `data` stands at the cursor. */
export interface TensorText extends DataShape {
  readonly datatype: Datatype;
}

/**
 * Takes the JSON `data` of a tensor and returns its raw encoding. Memory is bounded by the text, whatever the shape says.
 */
export function readTensorData(cursor: JsonCursor, tensor: TensorText): Uint8Array {
  const { datatype } = tensor;
  switch (datatype) {
    case 'FP32':
      return bytesOf(floats(cursor, tensor, new Float32Array(capacity(cursor, tensor))));
    case 'FP64':
      return bytesOf(floats(cursor, tensor, new Float64Array(capacity(cursor, tensor))));
    case 'FP16':
      return bytesOf(Uint16Array.from(floats(cursor, tensor, new Float32Array(capacity(cursor, tensor))), toHalfBits));
    case 'BF16':
      return bytesOf(
        Uint16Array.from(floats(cursor, tensor, new Float32Array(capacity(cursor, tensor))), toBfloat16Bits),
      );
    case 'INT8':
      return bytesOf(new Int8Array(integers(cursor, tensor, INT8)));
    case 'INT16':
      return bytesOf(new Int16Array(integers(cursor, tensor, INT16)));
    case 'INT32':
      return bytesOf(integers(cursor, tensor, INT32));
    case 'INT64':
      return bytesOf(integers(cursor, tensor, INT64));
    case 'UINT8':
      return bytesOf(new Uint8Array(integers(cursor, tensor, UINT8)));
    case 'UINT16':
      return bytesOf(new Uint16Array(integers(cursor, tensor, UINT16)));
    case 'UINT32':
      return bytesOf(integers(cursor, tensor, UINT32));
    case 'UINT64':
      return bytesOf(integers(cursor, tensor, UINT64));
    case 'BOOL':
      return booleans(cursor, tensor);
    case 'BYTES':
      return strings(cursor, tensor);
    default:
      return datatype satisfies never;
  }
}

type IntegerKind = Pick<IntegerElements, 'min' | 'max' | 'wordsPerElement'>;

const INT8: IntegerKind = { min: -(2n ** 7n), max: 2n ** 7n - 1n, wordsPerElement: 1 };
const INT16: IntegerKind = { min: -(2n ** 15n), max: 2n ** 15n - 1n, wordsPerElement: 1 };
const INT32: IntegerKind = { min: -(2n ** 31n), max: 2n ** 31n - 1n, wordsPerElement: 1 };
const INT64: IntegerKind = { min: -(2n ** 63n), max: 2n ** 63n - 1n, wordsPerElement: 2 };
const UINT8: IntegerKind = { min: 0n, max: 2n ** 8n - 1n, wordsPerElement: 1 };
const UINT16: IntegerKind = { min: 0n, max: 2n ** 16n - 1n, wordsPerElement: 1 };
const UINT32: IntegerKind = { min: 0n, max: 2n ** 32n - 1n, wordsPerElement: 1 };
const UINT64: IntegerKind = { min: 0n, max: 2n ** 64n - 1n, wordsPerElement: 2 };

/** Elements to make room for: no more than the rest of the text can hold, at two bytes each. */
function capacity(cursor: JsonCursor, tensor: TensorText): number {
  return Math.min(tensor.count, (cursor.end - cursor.pos) >>> 1);
}

function floats<Out extends Float32Array | Float64Array>(cursor: JsonCursor, tensor: TensorText, out: Out): Out {
  const elements = { label: tensor.label, out };
  readNested(cursor, tensor, (from) => readFloats(cursor, elements, from));
  return out;
}

function integers(cursor: JsonCursor, tensor: TensorText, kind: IntegerKind): Int32Array {
  const out = new Int32Array(capacity(cursor, tensor) * kind.wordsPerElement);
  const elements = { label: tensor.label, out, ...kind };
  readNested(cursor, tensor, (from) => readIntegers(cursor, elements, from));
  return out;
}

function booleans(cursor: JsonCursor, tensor: TensorText): Uint8Array {
  const out = new Uint8Array(capacity(cursor, tensor));
  const elements = { label: tensor.label, out };
  readNested(cursor, tensor, (from) => readBooleans(cursor, elements, from));
  return out;
}

function strings(cursor: JsonCursor, tensor: TensorText): Uint8Array {
  const start = cursor.pos;
  skipValue(cursor);
  const bytes = new Uint8Array(packedSizeLimit(cursor.pos - start));
  cursor.pos = start;
  const out = { bytes, sizeBytes: 0 };
  const elements = { label: tensor.label, out };
  readNested(cursor, tensor, (from) => readStrings(cursor, elements, from));
  return bytes.subarray(0, out.sizeBytes);
}
