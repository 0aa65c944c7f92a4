import { type NumericArray, toBfloat16Bits, toHalfBits } from '../../core/index.js';
import type { NumericDatatype } from './decoded.js';

const BIG = { INT64: BigInt64Array, UINT64: BigUint64Array };
const SMALL = {
  UINT8: { array: Uint8Array, least: 0, greatest: 0xff },
  UINT16: { array: Uint16Array, least: 0, greatest: 0xffff },
  UINT32: { array: Uint32Array, least: 0, greatest: 0xffff_ffff },
  INT8: { array: Int8Array, least: -0x80, greatest: 0x7f },
  INT16: { array: Int16Array, least: -0x8000, greatest: 0x7fff },
  INT32: { array: Int32Array, least: -0x8000_0000, greatest: 0x7fff_ffff },
};

/** Numbers as elements of a type: FP16 and BF16 as their bits, integers rounded and kept in their range. */
export function toElements(datatype: NumericDatatype, values: Float32Array | Float64Array): NumericArray {
  switch (datatype) {
    case 'FP32':
      return values instanceof Float32Array ? values : Float32Array.from(values);
    case 'FP64':
      return Float64Array.from(values);
    case 'FP16':
      return Uint16Array.from(values, toHalfBits);
    case 'BF16':
      return Uint16Array.from(values, toBfloat16Bits);
    case 'UINT64':
      return BIG.UINT64.from(Array.from(values, (value) => BigInt(Math.max(0, Math.round(value)))));
    case 'INT64':
      return BIG.INT64.from(Array.from(values, (value) => BigInt(Math.round(value))));
    default: {
      const { array, least, greatest } = SMALL[datatype];
      return new array(values.map((value) => Math.min(greatest, Math.max(least, Math.round(value)))));
    }
  }
}
