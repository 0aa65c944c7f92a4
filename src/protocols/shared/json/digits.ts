const MINUS = 0x2d;
const ZERO = 0x30;
const BILLION = 1e9;

/** Writes an integer of at most 2^53 in magnitude from `at` on; returns the offset behind it. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  let pos = at;
  if (value < 0) bytes[pos++] = MINUS;
  const size = Math.abs(value);
  const billions = size < BILLION ? 0 : Math.floor(size / BILLION);
  if (billions === 0) {
    const end = pos + digitCount(size);
    writeDigits(bytes, end, size);
    return end;
  }
  const middle = pos + digitCount(billions);
  writeDigits(bytes, middle, billions);
  padZeros(bytes, middle, writeDigits(bytes, middle + 9, size - billions * BILLION));
  return middle + 9;
}

/** Writes the digits of an integer from 0 to 2^31 - 1 so that they end before `end`; returns where they start. */
export function writeDigits(bytes: Uint8Array, end: number, value: number): number {
  let pos = end;
  let rest = value | 0;
  do {
    const tenth = (rest / 10) | 0;
    bytes[--pos] = ZERO + rest - tenth * 10;
    rest = tenth;
  } while (rest > 0);
  return pos;
}

/** Writes zeros from `start` up to `end`. */
export function padZeros(bytes: Uint8Array, start: number, end: number): void {
  for (let pos = start; pos < end; pos++) bytes[pos] = ZERO;
}

/** Decimal digits of an integer from 0 to 10^10 - 1. */
export function digitCount(value: number): number {
  if (value < 1e5) {
    if (value < 1e2) return value < 1e1 ? 1 : 2;
    return value < 1e3 ? 3 : value < 1e4 ? 4 : 5;
  }
  if (value < 1e7) return value < 1e6 ? 6 : 7;
  return value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}
