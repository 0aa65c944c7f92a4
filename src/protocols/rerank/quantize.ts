const BITS = 8;
/** Between numbers of a byte without a sign and those with one. */
const OFFSET = 128;

/** A vector of length 1 as numbers from -127 to 127. */
export function toInt8(row: Float32Array): Int8Array {
  return Int8Array.from(row, (value) => Math.max(-127, Math.min(127, Math.round(value * 127))));
}

/** The same numbers from 1 to 255. */
export function toUint8(row: Float32Array): Uint8Array {
  return Uint8Array.from(toInt8(row), (value) => value + OFFSET);
}

/** A bit for each element, 1 where it is above 0: eight of them a byte, the first one the highest. */
export function toUbinary(row: Float32Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(row.length / BITS));
  for (const [index, value] of row.entries()) {
    if (value > 0) bytes[Math.floor(index / BITS)] = (bytes[Math.floor(index / BITS)] ?? 0) | (0x80 >> (index % BITS));
  }
  return bytes;
}

/** The same bytes from -128 to 127. */
export function toBinary(row: Float32Array): Int8Array {
  return Int8Array.from(toUbinary(row), (value) => value - OFFSET);
}
