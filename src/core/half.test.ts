import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBfloat16Bits, fromHalfBits, toBfloat16Bits, toHalfBits } from './half.js';

const ALL_BITS = Array.from({ length: 0x1_0000 }, (_, bits) => bits);
const POSITIVE_HALVES = ALL_BITS.slice(0, 0x7c00).map(fromHalfBits);

/** Nearest half by search over all finite ones: slow and obvious. */
function nearestHalf(value: number): number {
  const magnitude = Math.abs(value);
  let best = 0;
  for (let bits = 1; bits < POSITIVE_HALVES.length; bits++) {
    const distance = Math.abs((POSITIVE_HALVES[bits] as number) - magnitude);
    const bestDistance = Math.abs((POSITIVE_HALVES[best] as number) - magnitude);
    if (distance < bestDistance || (distance === bestDistance && (bits & 1) === 0)) best = bits;
  }
  const nearest = magnitude >= 65_520 ? Number.POSITIVE_INFINITY : (POSITIVE_HALVES[best] as number);
  return value < 0 || Object.is(value, -0) ? -nearest : nearest;
}

describe('half precision', () => {
  it('gives every finite and infinite half back unchanged', () => {
    const changed = ALL_BITS.filter((bits) => {
      const value = fromHalfBits(bits);
      return !Number.isNaN(value) && toHalfBits(value) !== bits;
    });
    expect(changed).toEqual([]);
  });

  it('keeps a NaN a NaN', () => {
    expect(fromHalfBits(toHalfBits(Number.NaN))).toBeNaN();
  });

  it('rounds to the nearest half, ties to even', () => {
    const floats = fc.oneof(
      fc.float({ noNaN: true, min: -70_000, max: 70_000 }),
      fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
    );
    const ties = [65_519, 65_520, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, -0].map((tie): [number] => [
      tie,
    ]);
    fc.assert(
      fc.property(floats, (value) => Object.is(fromHalfBits(toHalfBits(value)), nearestHalf(value))),
      { examples: ties },
    );
  });
});

describe('bfloat16', () => {
  it('gives all of its own values back unchanged', () => {
    const changed = ALL_BITS.filter((bits) => {
      const value = fromBfloat16Bits(bits);
      return !Number.isNaN(value) && toBfloat16Bits(value) !== bits;
    });
    expect(changed).toEqual([]);
  });

  it('keeps a NaN a NaN', () => {
    expect(fromBfloat16Bits(toBfloat16Bits(Number.NaN))).toBeNaN();
  });

  it('rounds ties to even and overflows to Infinity', () => {
    expect(fromBfloat16Bits(toBfloat16Bits(1 + 2 ** -8))).toBe(1);
    expect(fromBfloat16Bits(toBfloat16Bits(1 + 3 * 2 ** -8))).toBe(1 + 2 ** -6);
    expect(fromBfloat16Bits(toBfloat16Bits(3.4028234663852886e38))).toBe(Number.POSITIVE_INFINITY);
  });
});
