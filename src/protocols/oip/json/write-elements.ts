import { bytesElementEnd, MillraceError, type Tensor, typedView } from '../../../core/index.js';
import { writeInteger } from './digits.js';
import { MAX_NUMBER_BYTES, writeFloat32, writeFloat64 } from './format-float.js';
import type { JsonWriter } from './writer.js';

const COMMA = 0x2c;
/** Elements written between two checks for room. */
const BLOCK = 256;
const TWO_TO_32 = 2 ** 32;

/** Writes element `index` from `at` on, at most {@link MAX_NUMBER_BYTES}; returns the offset behind it. */
type WriteElement = (bytes: Uint8Array, at: number, index: number) => number;

/** Writes the elements of a tensor, separated by commas. Throws `invalid_argument` for FP16 and BF16, as Triton does. */
export function writeElements(writer: JsonWriter, tensor: Tensor): void {
  const { name, datatype, data } = tensor;
  switch (datatype) {
    case 'FP32': {
      const values = typedView(datatype, data) as Float32Array;
      writeAll(writer, values.length, (bytes, at, index) => writeFloat32(bytes, at, values[index] as number));
      return;
    }
    case 'FP64': {
      const values = typedView(datatype, data) as Float64Array;
      writeAll(writer, values.length, (bytes, at, index) => writeFloat64(bytes, at, values[index] as number));
      return;
    }
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'UINT8':
    case 'UINT16':
    case 'UINT32': {
      const values = typedView(datatype, data);
      writeAll(writer, values.length, (bytes, at, index) => writeInteger(bytes, at, values[index] as number));
      return;
    }
    case 'INT64':
    case 'UINT64':
      writeLongs(writer, data, datatype === 'INT64');
      return;
    case 'BOOL':
      writeAll(writer, data.length, (bytes, at, index) => writeWord(bytes, at, data[index] === 0 ? 'false' : 'true'));
      return;
    case 'BYTES':
      writeStrings(writer, data);
      return;
    case 'FP16':
    case 'BF16':
      throw new MillraceError(
        'invalid_argument',
        `output '${name}': ${datatype} cannot be sent as JSON; ask for it with the parameter binary_data: true`,
      );
    default:
      datatype satisfies never;
  }
}

function writeAll(writer: JsonWriter, count: number, writeElement: WriteElement): void {
  for (let start = 0; start < count; start += BLOCK) {
    const end = Math.min(start + BLOCK, count);
    writer.reserve((end - start) * (MAX_NUMBER_BYTES + 1));
    const { bytes } = writer;
    let at = writer.length;
    for (let index = start; index < end; index++) {
      if (index > 0) bytes[at++] = COMMA;
      at = writeElement(bytes, at, index);
    }
    writer.length = at;
  }
}

function writeLongs(writer: JsonWriter, data: Uint8Array, signed: boolean): void {
  const words = typedView('INT32', data) as Int32Array;
  writeAll(writer, words.length / 2, (bytes, at, index) => {
    const low = (words[2 * index] as number) >>> 0;
    const high = words[2 * index + 1] as number;
    const value = (signed ? high : high >>> 0) * TWO_TO_32 + low;
    if (Number.isSafeInteger(value)) return writeInteger(bytes, at, value);
    const exact = (BigInt(signed ? high : high >>> 0) << 32n) | BigInt(low);
    return writeWord(bytes, at, exact.toString());
  });
}

function writeWord(bytes: Uint8Array, at: number, word: string): number {
  for (let index = 0; index < word.length; index++) bytes[at + index] = word.charCodeAt(index);
  return at + word.length;
}

function writeStrings(writer: JsonWriter, data: Uint8Array): void {
  for (let offset = 0, index = 0; offset < data.length; index++) {
    const end = bytesElementEnd(data, offset, index);
    if (index > 0) writer.ascii(',');
    writer.stringBytes(data.subarray(offset + 4, end));
    offset = end;
  }
}
