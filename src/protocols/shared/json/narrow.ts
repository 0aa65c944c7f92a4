import { bytesOf, type Datatype, toBfloat16Bits, toHalfBits } from '../../../core/index.js';

/**
 * The raw encoding of elements that were read wider than they are: FP16 and BF16 from float32, to which they are rounded, integers of
 * less than 32 bits from 32-bit words. Others are it already.
 */
export function narrow(datatype: Datatype, wide: Uint8Array): Uint8Array {
  switch (datatype) {
    case 'FP16':
      return bytesOf(Uint16Array.from(asFloat32s(wide), toHalfBits));
    case 'BF16':
      return bytesOf(Uint16Array.from(asFloat32s(wide), toBfloat16Bits));
    case 'INT8':
      return bytesOf(new Int8Array(asInt32s(wide)));
    case 'INT16':
      return bytesOf(new Int16Array(asInt32s(wide)));
    case 'UINT8':
      return bytesOf(new Uint8Array(asInt32s(wide)));
    case 'UINT16':
      return bytesOf(new Uint16Array(asInt32s(wide)));
    default:
      return wide;
  }
}

export function asFloat32s(raw: Uint8Array): Float32Array {
  return new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
}

export function asInt32s(raw: Uint8Array): Int32Array {
  return new Int32Array(raw.buffer, raw.byteOffset, raw.length / 4);
}
