/** Tensors in the protocol's raw encoding: little-endian, BYTES with a length before each element. No DOM. */

/** @import { Element } from './types.js' */

import { elementSize } from './tensors.js';

/**
 * @param {string} datatype
 * @param {readonly Element[]} elements
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function rawBytes(datatype, elements) {
  if (datatype === 'BYTES')
    return joined(elements.flatMap((element) => prefixed(new TextEncoder().encode(String(element)))));
  const size = elementSize(datatype);
  const bytes = new Uint8Array(elements.length * size);
  const view = new DataView(bytes.buffer);
  for (const [index, element] of elements.entries())
    writeElement(view, index * size, { datatype, value: Number(element) });
  return bytes;
}

/** How long the element of a BYTES tensor is that follows. @param {number} size */
export function lengthPrefix(size) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
}

/** Bytes for the format of `printf`. @param {Uint8Array} bytes */
export function octal(bytes) {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** @param {Uint8Array} element */
function prefixed(element) {
  return [lengthPrefix(element.length), element];
}

/** @param {readonly Uint8Array[]} pieces */
function joined(pieces) {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {{ readonly datatype: string; readonly value: number }} element
 */
function writeElement(view, at, { datatype, value }) {
  switch (datatype) {
    case 'FP16':
      return view.setUint16(at, halfBits(value), true);
    case 'BF16':
      return view.setUint16(at, bfloat16Bits(value), true);
    case 'FP32':
      return view.setFloat32(at, value, true);
    case 'FP64':
      return view.setFloat64(at, value, true);
    case 'INT64':
    case 'UINT64':
      return view.setBigInt64(at, BigInt(value), true);
    case 'INT32':
    case 'UINT32':
      return view.setInt32(at, value, true);
    case 'INT16':
    case 'UINT16':
      return view.setInt16(at, value, true);
    default:
      return view.setInt8(at, value);
  }
}

/** The nearest IEEE 754 half, ties to even. @param {number} value */
function halfBits(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x80_00 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e_00;
  if (size >= 65_520) return sign | 0x7c_00;
  // Of the smallest halves the unit is 2^-24.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const units = toEven(size / 2 ** (exponent - 10));
  return sign | (((exponent + 14) << 10) + units);
}

/** @param {number} value */
function toEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** The nearest bfloat16, ties to even. @param {number} value */
function bfloat16Bits(value) {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  if (Number.isNaN(value)) return 0x7f_c0;
  return (bits + 0x7f_ff + ((bits >>> 16) & 1)) >>> 16;
}
