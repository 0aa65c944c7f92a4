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
const UPPER_E = 0x45;
const LOWER_E = 0x65;

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_EXACT = Number.MAX_SAFE_INTEGER;
const MAX_19_DIGITS = 1e19;
/** More than the relative error of a mantissa of 19 digits that was put together and scaled in doubles. */
const TOLERANCE = 2 ** -48;

/**
 * {@link ReadElements} of numbers into a float array: the same bits as `out[i] = JSON.parse(text)` gives. One function
 * reads and stores, since a number that crosses a call costs as much as parsing it.
 *
 * A mantissa up to 2^53 and a power of ten up to 10^22 are exact doubles, so one division rounds correctly (Clinger,
 * 1990). A longer mantissa is off by a few units in the last place of a double, which nearly never matters for a
 * float32: only where the interval of that error straddles the boundary between two floats, the text must decide.
 */
export function readFloats(cursor: JsonCursor, elements: Elements<Float32Array | Float64Array>, from: number): number {
  const { bytes, view, end } = cursor;
  const { out } = elements;
  const maxMantissa = out instanceof Float32Array ? MAX_19_DIGITS : MAX_EXACT;
  let pos = cursor.pos;
  for (let index = from; ; index++) {
    if (bytes[pos] === SPACE) pos++;
    if ((bytes[pos] as number) <= SPACE) pos = spaceEnd(bytes, pos);
    const start = pos;
    const negative = bytes[pos] === MINUS;
    if (negative) pos++;
    let byte = bytes[pos] as number;
    let plain = byte >= ZERO && byte <= NINE;
    let value = 0;
    if (plain) {
      value = byte - ZERO;
      byte = bytes[++pos] as number;
      while (value !== 0 && byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO);
        byte = bytes[++pos] as number;
      }
      if (byte === POINT) {
        const fraction = ++pos;
        while (pos + 4 <= end) {
          const word = view.getInt32(pos, true);
          if (!areDigits(word)) break;
          value = value * 10_000 + fourDigits(word);
          pos += 4;
        }
        byte = bytes[pos] as number;
        while (byte >= ZERO && byte <= NINE) {
          value = value * 10 + (byte - ZERO);
          byte = bytes[++pos] as number;
        }
        const scale = pos - fraction;
        plain = scale > 0 && scale < POWERS_OF_TEN.length && value <= maxMantissa;
        const mantissa = value;
        value /= POWERS_OF_TEN[scale] as number;
        if (mantissa > MAX_EXACT)
          plain &&= Math.fround(value * (1 - TOLERANCE)) === Math.fround(value * (1 + TOLERANCE));
      } else {
        plain = value <= MAX_EXACT;
      }
    }
    if (!plain || byte === LOWER_E || byte === UPPER_E) {
      cursor.pos = start;
      value = readAnyNumber(cursor, elements, index);
      pos = cursor.pos;
    } else if (negative) {
      value = -value;
    }
    if (index < out.length) out[index] = value;
    if ((bytes[pos] as number) <= SPACE) pos = spaceEnd(bytes, pos);
    byte = bytes[pos] as number;
    cursor.pos = pos + 1;
    if (byte === CLOSE_BRACKET) return index + 1;
    if (byte !== COMMA) throw cursor.unexpected("',' or ']'", pos);
    pos++;
  }
}

function readAnyNumber(cursor: JsonCursor, elements: Elements<unknown>, index: number): number {
  if (!startsNumber(cursor)) throw badElement(cursor, elements, { index, expected: 'a number' });
  return parseNumber(readNumberText(cursor));
}

/** Whether four bytes, the first in the low end of the word, are ASCII digits. */
function areDigits(word: number): boolean {
  return ((word & 0xf0f0f0f0) | (((word + 0x06060606) & 0xf0f0f0f0) >>> 4)) === 0x33333333;
}

/** The number that four ASCII digits write, two and two at a time. */
function fourDigits(word: number): number {
  const pairs = (Math.imul(word & 0x0f0f0f0f, 10 * 256 + 1) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 100 * 65_536 + 1) >>> 16;
}
