import type { JsonCursor } from './cursor.js';
import { badElement, type Elements, spaceEnd, startsNumber } from './elements.js';
import { parseNumber, readNumberText } from './number.js';

// Not imported: V8 folds constants of the same module only, which is a third of the time of the loop below.
const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const TO_LOWER_CASE = 0x20;

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const NOT_PLAIN = POWERS_OF_TEN.length;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const MAX_19_DIGITS = 1e19;
/** More than the relative error of a mantissa of 19 digits that was put together and scaled in doubles. */
const TOLERANCE = 2 ** -48;

/**
 * {@link ReadElements} of numbers into a float array: the same bits as `out[i] = JSON.parse(text)` gives. For short arrays;
 * a FloatReader takes long ones. One function reads and stores, since a double that crosses a call costs as much as
 * parsing it, and the sign is arithmetic, since no branch predictor can know it.
 *
 * A mantissa up to 2^53 and a power of ten up to 10^22 are exact doubles, so one division rounds correctly (Clinger,
 * 1990). A longer mantissa is off by a few units in the last place of a double, which nearly never matters for a
 * float32: only where the interval of that error straddles the boundary between two floats, the text must decide.
 */
export function readFloats(cursor: JsonCursor, elements: Elements<Float32Array | Float64Array>, from: number): number {
  const { bytes } = cursor;
  const { out } = elements;
  const room = out.length;
  const maxMantissa = out instanceof Float32Array ? MAX_19_DIGITS : MAX_EXACT;
  let pos = cursor.pos;
  for (let index = from; ; index++) {
    let byte = bytes[pos] as number;
    if (byte === SPACE) byte = bytes[++pos] as number;
    if (byte <= SPACE) {
      pos = spaceEnd(bytes, pos);
      byte = bytes[pos] as number;
    }
    const start = pos;
    // 1 for everything below a point, of which only a minus may stand here.
    const sign = (byte - POINT) >>> 31;
    const misplaced = (byte ^ MINUS) & -sign;
    pos += sign;
    let mantissa = (bytes[pos] as number) - ZERO;
    let scale = NOT_PLAIN;
    if (misplaced === 0 && mantissa >= 0 && mantissa <= 9) {
      scale = 0;
      byte = bytes[++pos] as number;
      while (mantissa !== 0 && byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++pos] as number;
      }
      if (byte === POINT) {
        const fraction = ++pos;
        let tens = (bytes[pos] as number) - ZERO;
        while (tens >= 0 && tens <= 9) {
          const ones = (bytes[pos + 1] as number) - ZERO;
          if (ones < 0 || ones > 9) {
            mantissa = mantissa * 10 + tens;
            pos++;
            break;
          }
          mantissa = mantissa * 100 + (tens * 10 + ones);
          pos += 2;
          tens = (bytes[pos] as number) - ZERO;
        }
        scale = pos === fraction ? NOT_PLAIN : pos - fraction;
        byte = bytes[pos] as number;
      }
    }
    const plain = scale < NOT_PLAIN && mantissa <= maxMantissa && (byte | TO_LOWER_CASE) !== LOWER_E;
    let value = plain ? (mantissa / (POWERS_OF_TEN[scale] as number)) * (1 - 2 * sign) : 0;
    if (!plain || (mantissa > MAX_EXACT && roundsEitherWay(value))) {
      cursor.pos = start;
      value = readFloat(cursor, elements, index);
      pos = cursor.pos;
      byte = bytes[pos] as number;
    }
    if (index < room) out[index] = value;
    if (byte <= SPACE) {
      pos = spaceEnd(bytes, pos);
      byte = bytes[pos] as number;
    }
    if (byte !== COMMA) {
      if (byte !== CLOSE_BRACKET) throw cursor.unexpected("',' or ']'", pos);
      cursor.pos = pos + 1;
      return index + 1;
    }
    pos++;
  }
}

/** Whether two float32 are within the error of `value`. */
function roundsEitherWay(value: number): boolean {
  return Math.fround(value * (1 - TOLERANCE)) !== Math.fround(value * (1 + TOLERANCE));
}

/** Takes one number of any form at the cursor, element `index` of the flat data; slow. */
export function readFloat(cursor: JsonCursor, elements: Elements<unknown>, index: number): number {
  if (!startsNumber(cursor)) throw badElement(cursor, elements, { index, expected: 'a number' });
  return parseNumber(readNumberText(cursor));
}
