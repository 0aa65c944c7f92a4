/**
 * Reads lists of JSON numbers into packed floats.
 *
 * Commas and brackets are found 64 bytes at a time, so the ends of numbers are known before any of them is read: what a
 * number's digits are does not delay the next one, and there is nothing for the processor to guess wrong. A number is loaded
 * as the 16 (or 32) bytes that end with the comma behind it. Its point is closed up, and all digits become an integer at once.
 *
 * Every value is the double nearest to the text, then the float32 nearest to that: what `JSON.parse` and a Float32Array give.
 * What this does not decide (longer mantissas, very large or small numbers, ties, everything that is not a JSON number) is
 * left to the caller: `scan` stops in front of it.
 */

import { EXACT_POWERS, MAX_EXACT_POWER, POSITION, STATUS, VALUES } from './memory';

/** 64-bit mantissas of the powers of ten from {@link MIN_POWER} on, rounded down; filled by the caller. */
export const POWERS: usize = 4096;
export const MIN_POWER: i32 = -64;
export const MAX_POWER: i32 = 64;

/** The text ended: in front of `POSITION` all is done, behind it is less than a number and its comma. */
export const TEXT_ENDED: i32 = 0;
/** The array ended: `POSITION` is behind its bracket. */
export const ARRAY_ENDED: i32 = 1;
/** At `POSITION` is an element that the caller must read. */
export const UNDECIDED: i32 = 2;

// Constants that are loaded take one instruction, others four.
const COMMAS = memory.data<u8>([44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44, 44], 16);
const BRACKETS = memory.data<u8>([93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93, 93], 16);
const ZEROS = memory.data<u8>([48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48], 16);
/** Takes '9' to 127, so that digits are the only bytes above 117: comparisons are signed. */
const RAISE = memory.data<u8>([70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70], 16);
const BELOW_DIGITS = memory.data<u8>(
  [117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117, 117],
  16,
);
const TENS = memory.data<i16>([10, 1, 10, 1, 10, 1, 10, 1], 16);
const HUNDREDS = memory.data<i16>([100, 1, 100, 1, 100, 1, 100, 1], 16);
const TEN_THOUSANDS = memory.data<i16>([10000, 1, 10000, 1, 10000, 1, 10000, 1], 16);
/** For each lane the mask that keeps it and all behind it. */
const FROM_LANE = memory.data(256, 16);
/** The same without the last lane, where the separator is. */
const BEFORE_SEPARATOR = memory.data(256, 16);
/** For each lane in which a point may be, the shuffle that moves what is in front of it over it. */
const CLOSE_POINT = memory.data(256, 16);
/** 10^0 to 10^15, then their negatives. */
const SIGNED_POWERS = memory.data(256, 16);

const MAX_EXACT_INTEGER: u64 = 9007199254740992;
const TEN_TO_18: u64 = 1000000000000000000;
const TEN_TO_16: u64 = 10000000000000000;
/** Below this, `high * 10^16 + low` is less than 2^64. */
const MAX_HIGH: u64 = 1844;
const WHITE_SPACE: u64 = (1 << 9) | (1 << 10) | (1 << 13) | ((<u64>1) << 32);
const NONE: f64 = -1;

for (let index = 0; index < 256; index++) {
  const row = index >> 4;
  const lane = index & 15;
  store<u8>(FROM_LANE + index, lane >= row ? 255 : 0);
  store<u8>(BEFORE_SEPARATOR + index, lane >= row && lane < 15 ? 255 : 0);
  store<u8>(CLOSE_POINT + index, lane <= row ? lane - 1 : lane);
}
for (let power = 0; power < 16; power++) {
  const value = load<f64>(EXACT_POWERS + (power << 3));
  store<f64>(SIGNED_POWERS + (power << 3), value);
  store<f64>(SIGNED_POWERS + 128 + (power << 3), -value);
}

/** Where the last number that {@link readNumber} read ended, white space included. */
let numberEnd: usize = 0;

/** A bit for each of 16 bytes that is a comma or a closing bracket. */
function separators16(at: usize): u64 {
  const text = v128.load(at);
  return <u64>(<u32>i8x16.bitmask(v128.or(i8x16.eq(text, v128.load(COMMAS)), i8x16.eq(text, v128.load(BRACKETS)))));
}

function separators(at: usize): u64 {
  return (
    separators16(at) | (separators16(at + 16) << 16) | (separators16(at + 32) << 32) | (separators16(at + 48) << 48)
  );
}

/** A bit for each of 16 bytes that is no digit, and ones above. */
function nonDigits(text: v128): u32 {
  return ~(<u32>i8x16.bitmask(i8x16.gt_s(i8x16.add(text, v128.load(RAISE)), v128.load(BELOW_DIGITS))));
}

/** The integer that 16 digits say, each from 0 to 9. */
function toInteger(digits: v128): u64 {
  const high = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(digits), v128.load(TENS));
  const low = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(digits), v128.load(TENS));
  const fours = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(high, low), v128.load(HUNDREDS));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), v128.load(TEN_THOUSANDS));
  const both: u64 = i64x2.extract_lane(eights, 0);
  return (both & 0xffffffff) * 100000000 + (both >> 32);
}

/** The upper half of a product of 128 bits. */
function multiplyHigh(a: u64, b: u64): u64 {
  const lowA = a & 0xffffffff;
  const lowB = b & 0xffffffff;
  const highA = a >> 32;
  const highB = b >> 32;
  const middle = highA * lowB + ((lowA * lowB) >> 32);
  const rest = lowA * highB + (middle & 0xffffffff);
  return highA * highB + (middle >> 32) + (rest >> 32);
}

/**
 * The double nearest to `mantissa * 10^power`, for a mantissa above 0 (Eisel and Lemire, "Number parsing at a gigabyte per
 * second", 2021); NONE where 64 bits of the power do not suffice, which is one number in some thousand, and where the
 * result is not a normal double.
 */
function scale(mantissa: u64, power: i32): f64 {
  const shift = clz(mantissa);
  const factor = mantissa << shift;
  const powerBits = load<u64>(POWERS + ((power - MIN_POWER) << 3));
  const high = multiplyHigh(factor, powerBits);
  const low = factor * powerBits;
  // The power is a little more than its bits: the true product is less than one `factor` above this one. It must not carry
  // into the 54 bits that count, nor may those be right in the middle between two doubles.
  if ((high & 0x1ff) === 0x1ff) {
    if (low + factor < low) return NONE;
  }
  const top = high >> 63;
  let bits = high >> (top + 9);
  if (low === 0) {
    if ((high & 0x1ff) === 0 && (bits & 3) === 1) return NONE;
  }
  bits = (bits + (bits & 1)) >> 1;
  // log2(10) is 217706 / 2^16, closely enough for these powers.
  const binary: i32 = ((217706 * power) >> 16) + 1086;
  let exponent = <i64>binary + <i64>top - <i64>shift;
  if (bits >> 53 !== 0) {
    bits >>= 1;
    exponent++;
  }
  if (exponent < 1 || exponent > 2046) return NONE;
  return reinterpret<f64>(((<u64>exponent) << 52) | (bits & 0xfffffffffffff));
}

/** The number at `start`, read byte by byte, and white space behind it; sets `numberEnd`, to 0 if it is not decided here. */
function readNumber(start: usize): f64 {
  numberEnd = 0;
  let at = start;
  let byte: u32 = load<u8>(at);
  const negative: u32 = byte === 45 ? 1 : 0;
  at += negative;
  let mantissa: u64 = <u64>load<u8>(at) - 48;
  if (mantissa > 9) return NONE;
  byte = load<u8>(++at);
  if (mantissa !== 0) {
    while (byte - 48 <= 9) {
      if (mantissa >= TEN_TO_18) return NONE;
      mantissa = mantissa * 10 + (byte - 48);
      byte = load<u8>(++at);
    }
  }
  let power: i32 = 0;
  if (byte === 46) {
    const point = at;
    byte = load<u8>(++at);
    while (byte - 48 <= 9) {
      if (mantissa >= TEN_TO_18) return NONE;
      mantissa = mantissa * 10 + (byte - 48);
      byte = load<u8>(++at);
    }
    power = <i32>(point + 1 - at);
    if (power === 0) return NONE;
  }
  if ((byte | 32) === 101) {
    byte = load<u8>(++at);
    const below = byte === 45;
    if (below || byte === 43) byte = load<u8>(++at);
    if (byte - 48 > 9) return NONE;
    let exponent: i32 = 0;
    while (byte - 48 <= 9) {
      exponent = exponent * 10 + <i32>(byte - 48);
      if (exponent > 999) return NONE;
      byte = load<u8>(++at);
    }
    power += below ? -exponent : exponent;
  }
  let value: f64 = 0;
  if (mantissa <= MAX_EXACT_INTEGER && power >= -MAX_EXACT_POWER && power <= MAX_EXACT_POWER) {
    // Both are exact, so one operation rounds correctly (Clinger, 1990).
    value = <f64>(<i64>mantissa);
    if (power < 0) value /= load<f64>(EXACT_POWERS + (-power << 3));
    else value *= load<f64>(EXACT_POWERS + (power << 3));
  } else if (mantissa !== 0) {
    if (power < MIN_POWER || power > MAX_POWER) return NONE;
    value = scale(mantissa, power);
    if (value === NONE) return NONE;
  }
  numberEnd = spaceEnd(at);
  return withSign(value, negative);
}

/** By the bit, since no branch predictor can know the sign. */
function withSign(value: f64, negative: u32): f64 {
  return reinterpret<f64>(reinterpret<u64>(value) | ((<u64>negative) << 63));
}

function spaceEnd(start: usize): usize {
  let at = start;
  let byte: u32 = load<u8>(at);
  while (byte <= 32 && ((WHITE_SPACE >> byte) & 1) !== 0) byte = load<u8>(++at);
  return at;
}

function stop(status: i32, position: usize): void {
  store<i32>(STATUS, status);
  store<i32>(POSITION, <i32>position);
}

/** Reads elements from `start` on, of a text that ends at `end`; returns how many `VALUES` there are now. */
function scan<Float>(start: usize, end: usize): i32 {
  // Nothing behind the text looks like a separator, a digit or white space.
  for (let offset = 0; offset < 64; offset += 16) v128.store(end + offset, i64x2.splat(0));
  let at = start;
  let out = VALUES;
  let separator: usize = 0;
  while (true) {
    let block = at;
    let mask = separators(block);
    while (true) {
      if (mask === 0) {
        block += 64;
        if (block >= end) {
          stop(TEXT_ENDED, at);
          return <i32>((out - VALUES) / sizeof<Float>());
        }
        mask = separators(block);
        continue;
      }
      separator = block + <usize>ctz(mask);
      let byte: u32 = load<u8>(at);
      if (byte === 32) {
        at++;
        byte = load<u8>(at);
      }
      if (byte <= 32) {
        at = spaceEnd(at);
        byte = load<u8>(at);
      }
      const negative: u32 = byte === 45 ? 1 : 0;
      // The lane of the first digit; more than 15 in a number of more than 15 bytes.
      const first: u32 = 15 + negative - <u32>(separator - at);
      const text = v128.load(separator - 15);
      if (first < 15) {
        const others = nonDigits(text) & ((<u32>0x7fff) << first) & 0x7fff;
        const point: u32 = ctz(others | 0x8000);
        if (point === first) break;
        if ((others & (others - 1)) !== 0) break;
        if (point !== first + 1) {
          if (load<u8>(at + negative) === 48) break;
        }
        if (point !== 15) {
          if (point === 14) break;
          if (load<u8>(separator - 15 + point) !== 46) break;
        }
        const digits = v128.and(i8x16.sub(text, v128.load(ZEROS)), v128.load(BEFORE_SEPARATOR + (first << 4)));
        const mantissa = toInteger(i8x16.swizzle(digits, v128.load(CLOSE_POINT + (point << 4))));
        // With a zero in the place of the separator, unless the digits were moved there. Divided by a negative power: so -0 is.
        const power = (negative << 4) + 15 - point;
        store<Float>(out, <Float>(<f64>(<i64>mantissa) / load<f64>(SIGNED_POWERS + (power << 3))));
      } else {
        // Printed doubles. The point must be in the upper of two vectors, and all of the lower one digits.
        const upperFirst: u32 = first + 16;
        if (upperFirst >= 15) break;
        const upper = v128.load(separator - 31);
        const others = nonDigits(upper) & ((<u32>0xffff) << upperFirst) & 0xffff;
        const point: u32 = ctz(others | 0x10000);
        if (point === upperFirst) break;
        if (point === 16) break;
        if ((others & (others - 1)) !== 0) break;
        if ((nonDigits(text) & 0x7fff) !== 0) break;
        if (point !== upperFirst + 1) {
          if (load<u8>(at + negative) === 48) break;
        }
        if (load<u8>(separator - 31 + point) !== 46) break;
        const upperDigits = v128.and(i8x16.sub(upper, v128.load(ZEROS)), v128.load(FROM_LANE + (upperFirst << 4)));
        const high = toInteger(i8x16.swizzle(upperDigits, v128.load(CLOSE_POINT + (point << 4))));
        if (high >= MAX_HIGH) break;
        const lowDigits = v128.and(i8x16.sub(text, v128.load(ZEROS)), v128.load(BEFORE_SEPARATOR));
        const mantissa = high * TEN_TO_16 + toInteger(lowDigits);
        if (mantissa === 0) break;
        const value = scale(mantissa, <i32>point - 31);
        if (value === NONE) break;
        store<Float>(out, <Float>withSign(value, negative));
      }
      out += sizeof<Float>();
      at = separator + 1;
      mask &= mask - 1;
      if (load<u8>(separator) === 93) {
        stop(ARRAY_ENDED, at);
        return <i32>((out - VALUES) / sizeof<Float>());
      }
    }
    const value = readNumber(spaceEnd(at));
    if (numberEnd !== separator) {
      stop(UNDECIDED, at);
      return <i32>((out - VALUES) / sizeof<Float>());
    }
    store<Float>(out, <Float>value);
    out += sizeof<Float>();
    at = separator + 1;
    if (load<u8>(separator) === 93) {
      stop(ARRAY_ENDED, at);
      return <i32>((out - VALUES) / sizeof<Float>());
    }
  }
}

export function scanFloat32s(start: usize, end: usize): i32 {
  return scan<f32>(start, end);
}

export function scanFloat64s(start: usize, end: usize): i32 {
  return scan<f64>(start, end);
}
