import { digitCount, padZeros, writeDigits, writeInteger } from './digits.js';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;
/** From here on a number's text has an exponent. */
const MIN_EXPONENTIAL = 1e21;
/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const DOUBLE_ULP = 2 ** -52;
/** Most bytes that a number takes: a sign, 17 digits, a point, an exponent and `.0`. */
export const MAX_NUMBER_BYTES = 32;

/**
 * Writes a float32 from `at` on and returns the offset behind it: the shortest decimal that reads back as the same
 * float32, whether or not the reader goes through a double. Whole numbers end in `.0`, as Triton's do.
 */
export function writeFloat32(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-13 && size < 1e7)) return writeFloat64(bytes, at, value);
  let exponent = 0;
  while (size >= (POWERS_OF_TEN[exponent + 1] as number)) exponent++;
  // Not `-exponent`: an index of -0 throws V8 out of the optimised code, every time.
  while (size * (POWERS_OF_TEN[0 - exponent] as number) < 1) exponent--;
  // Seven significant digits may be enough, nine always are.
  let decimals = 6 - exponent;
  let digits = scaled(size, decimals);
  while (decimals < 8 - exponent && !readsBack(digits, decimals, size)) digits = scaled(size, ++decimals);
  while (decimals > 1 && digits % 10 === 0) {
    digits = (digits / 10) | 0;
    decimals--;
  }
  if (decimals === 0) return writeWhole(bytes, at, value);
  let pos = at;
  if (value < 0) bytes[pos++] = MINUS;
  if (size < 1e-5) return writeScientific(bytes, pos, { digits, decimals });
  const unit = POWERS_OF_TEN[decimals] as number;
  const whole = Math.floor(digits / unit);
  const point = pos + digitCount(whole);
  writeDigits(bytes, point, whole);
  bytes[point] = POINT;
  const end = point + 1 + decimals;
  padZeros(bytes, point + 1, writeDigits(bytes, end, digits - whole * unit));
  return end;
}

/** Writes a double from `at` on, shortest form, and returns the offset behind it. Whole numbers end in `.0`. */
export function writeFloat64(bytes: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value)) return writeWhole(bytes, at, value);
  const isWhole = Number.isInteger(value) && Math.abs(value) < MIN_EXPONENTIAL;
  const text = isWhole ? `${value}.0` : String(value);
  let pos = at;
  for (let index = 0; index < text.length; index++) bytes[pos++] = text.charCodeAt(index);
  return pos;
}

function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  let pos = at;
  if (Object.is(value, -0)) bytes[pos++] = MINUS;
  pos = writeInteger(bytes, pos, value);
  bytes[pos] = POINT;
  bytes[pos + 1] = ZERO;
  return pos + 2;
}

function scaled(size: number, decimals: number): number {
  return (size * (POWERS_OF_TEN[decimals] as number) + 0.5) | 0;
}

/** Also half a double away to either side, so that it does not depend on how a tie between two floats is rounded. */
function readsBack(digits: number, decimals: number, size: number): boolean {
  const value = digits / (POWERS_OF_TEN[decimals] as number);
  return Math.fround(value * (1 - DOUBLE_ULP)) === size && Math.fround(value * (1 + DOUBLE_ULP)) === size;
}

/** `d.ddde-x`, for `digits` below 10^decimals. */
function writeScientific(bytes: Uint8Array, at: number, number: { digits: number; decimals: number }): number {
  const { digits, decimals } = number;
  const count = digitCount(digits);
  let pos = at + count + 1;
  writeDigits(bytes, pos, digits);
  bytes[at] = bytes[at + 1] as number;
  if (count === 1) pos = at + 1;
  else bytes[at + 1] = POINT;
  bytes[pos] = LOWER_E;
  return writeInteger(bytes, pos + 1, count - 1 - decimals);
}
