/**
 * Writes float32 as JSON numbers, to the letter as `writeFloat32` of `src/protocols/shared/json/format-float.ts` does, which says
 * what it writes and why: the fewest of seven to nine digits that read back, without trailing zeros. Seven, eight and nine are
 * all tried, since no branch predictor can know which it is; digits are made all at once, and a shuffle opens the gap for the point.
 */
import { EXACT_POWERS, STATUS, TEXT, VALUES } from './memory';

/** For each place of the point, the shuffle that moves what is behind it away, and the point. */
const OPEN_POINT = memory.data(256, 16);
const POINTS = memory.data(256, 16);
/** For each number of digits at the end, the shuffle that moves them to the start. */
const TO_START = memory.data(272, 16);
const TWO_TO_52: f64 = 4503599627370496;
/** What is so close to half the distance of two floats, as a share of it, is decided by the caller. */
const MARGIN: f64 = 1e-6;

for (let index = 0; index < 272; index++) {
  const row = index >> 4;
  const lane = index & 15;
  store<u8>(TO_START + index, lane + 16 - row);
  if (row < 16) {
    store<u8>(OPEN_POINT + index, lane < row ? lane : lane === row ? 255 : lane - 1);
    store<u8>(POINTS + index, lane === row ? 46 : 0);
  }
}

function exactPower(power: i32): f64 {
  return load<f64>(EXACT_POWERS + (power << 3));
}

/** A whole number from 0 to 2^32 - 1, without the checks of a conversion. */
function toInteger(whole: f64): u32 {
  return <u32>reinterpret<u64>(whole + TWO_TO_52);
}

/** The last eight decimal digits, a byte each, the first in the lowest. */
function lastDigits(value: u32): u64 {
  const eight = value % 100000000;
  const fours = <u64>(eight / 10000) | ((<u64>(eight % 10000)) << 32);
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8);
}

/**
 * Writes values of `VALUES` from index `from` on as text in `TEXT`, a comma in front of each, up to `to` or to one that is left
 * to the caller: not finite, 10^7 or more, below 10^-13, and the few of which doubles do not say whether seven or eight digits
 * read back. Returns the end of the text, and in `STATUS` the index where it stopped.
 */
export function formatFloat32s(from: i32, to: i32): usize {
  let at = TEXT;
  let index = from;
  for (; index < to; index++) {
    const value = load<f32>(VALUES + (index << 2));
    const size = <f64>abs(value);
    const negative: u32 = reinterpret<u32>(value) >> 31;
    store<u16>(at, 0x2d2c);
    const start = at + 1 + negative;
    if (size === 0) {
      store<u32>(start, 0x302e30);
      at = start + 3;
      continue;
    }
    if (!(size >= 1e-13)) break;
    if (!(size < 1e7)) break;
    // floor(log10(size)), from that of the power of two below it.
    const binary: i32 = <i32>((reinterpret<u32>(value) >> 23) & 0xff) - 127;
    let power: i32 = (binary * 78913) >> 18;
    // Below 1 by a product, as writeFloat32 does.
    if (power >= 0) power += size >= exactPower(power + 1) ? 1 : 0;
    else power += size * exactPower(0 - power - 1) >= 1 ? 1 : 0;
    const decimals: i32 = 6 - power;
    const toSeven = exactPower(decimals);
    const toEight = exactPower(decimals + 1);
    const scaledToSeven = size * toSeven;
    const scaledToEight = size * toEight;
    const seven = floor(scaledToSeven + 0.5);
    const eight = floor(scaledToEight + 0.5);
    const nine = floor(size * exactPower(decimals + 2) + 0.5);
    // Half the distance to the next float. To the one below a power of two it is half of that.
    let half = reinterpret<f64>((<u64>(binary + 999)) << 52);
    const powerOfTwo = (reinterpret<u32>(value) & 0x7fffff) === 0;
    if (powerOfTwo) half *= 0.5;
    const sevenOff = abs(seven - scaledToSeven);
    const eightOff = abs(eight - scaledToEight);
    const sevenLimit = half * toSeven;
    const eightLimit = half * toEight;
    if (abs(sevenOff - sevenLimit) <= sevenLimit * MARGIN) break;
    if (abs(eightOff - eightLimit) <= eightLimit * MARGIN) break;
    if (powerOfTwo) {
      if (sevenOff >= sevenLimit) break;
    }
    // Masks, where a choice of doubles would be a branch.
    const sevenDo: u32 = sevenOff < sevenLimit ? 0xffffffff : 0;
    const eightDo: u32 = eightOff < eightLimit ? 0xffffffff : 0;
    const more = (toInteger(eight) & eightDo) | (toInteger(nine) & ~eightDo);
    let digits = (toInteger(seven) & sevenDo) | (more & ~sevenDo);
    let places: i32 = decimals + <i32>((2 + eightDo) & ~sevenDo);
    if (places === 0) {
      digits *= 10;
      places = 1;
    }
    const all = i64x2(0, lastDigits(digits));
    const numerals = i8x16.replace_lane(all, 7, <i8>(digits / 100000000));
    const nonZeros: u32 = ~(<u32>i8x16.bitmask(i8x16.eq(numerals, i64x2.splat(0)))) << 16;
    const zeros: i32 = <i32>clz(nonZeros);
    const ascii = v128.or(numerals, i8x16.splat(48));
    if (size >= 1e-5) {
      // Digits in front of the point; rounding may have made one more.
      let whole: i32 = max<i32>(power, 0) + 1;
      whole += <f64>digits >= exactPower(whole + places) ? 1 : 0;
      const shown = whole + places;
      const moved = i8x16.swizzle(ascii, v128.load(TO_START + (shown << 4)));
      const opened = i8x16.swizzle(moved, v128.load(OPEN_POINT + (whole << 4)));
      v128.store(start, v128.or(opened, v128.load(POINTS + (whole << 4))));
      at = start + shown + 1 - min<i32>(zeros, places - 1);
    } else {
      const count: i32 = 16 - <i32>ctz(nonZeros >> 16);
      const moved = i8x16.swizzle(ascii, v128.load(TO_START + (count << 4)));
      const opened = i8x16.swizzle(moved, v128.load(OPEN_POINT + 16));
      v128.store(start, v128.or(opened, v128.load(POINTS + 16)));
      const kept = count - zeros;
      at = start + kept + (kept > 1 ? 1 : 0);
      const exponent: u32 = places - count + 1;
      store<u16>(at, 0x2d65);
      at += 2;
      if (exponent >= 10) store<u8>(at++, 49);
      store<u8>(at++, 48 + (exponent % 10));
    }
  }
  store<i32>(STATUS, index);
  return at;
}
