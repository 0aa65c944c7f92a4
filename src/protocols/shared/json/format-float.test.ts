import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeInteger } from './digits.js';
import { MAX_NUMBER_BYTES, writeFloat32, writeFloat64 } from './format-float.js';

function print(write: (bytes: Uint8Array, at: number, value: number) => number, value: number): string {
  const bytes = Buffer.alloc(MAX_NUMBER_BYTES + 2, '?');
  const end = write(bytes, 1, value);
  expect(bytes[0]).toBe('?'.charCodeAt(0));
  expect(end - 1).toBeLessThanOrEqual(MAX_NUMBER_BYTES);
  return bytes.toString('latin1', 1, end);
}

/** Significant digits of a decimal number. */
function significantDigits(text: string): number {
  return text
    .replace(/e.*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '').length;
}

/** All bit patterns alike, then values as models give them. */
const anyFloat = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, min: -20, max: 20 }),
  fc.double({ noNaN: true, min: -16, max: 8 }).map((exponent) => Math.fround(10 ** exponent)),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => Math.fround(value / 1_000)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }).map(Math.fround),
);

describe('writeFloat32', () => {
  it('writes what reads back as the same float32', () => {
    fc.assert(
      fc.property(anyFloat, (value) => {
        const text = print(writeFloat32, value);
        expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/);
        expect(Math.fround(JSON.parse(text))).toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });

  it('writes no more digits than a float32 needs', () => {
    fc.assert(
      fc.property(anyFloat, (value) => {
        fc.pre(Math.abs(value) >= 1e-13 && Math.abs(value) < 1e7);
        const text = print(writeFloat32, value);
        const count = significantDigits(text);
        expect(count).toBeLessThanOrEqual(9);
        if (count > 7) expect(Math.fround(Number(value.toPrecision(count - 1)))).not.toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-100, '-100.0'],
    [0.1, '0.1'],
    [-1.5, '-1.5'],
    [3.8009858, '3.8009858'],
    [9_999_999, '9999999.0'],
    [16_777_216, '16777216.0'],
    [123_456.79, '123456.79'],
    [1.5e-5, '0.000015'],
    [1e-5, '1e-5'],
    [9.5e-6, '9.5e-6'],
    [1e-7, '1e-7'],
    [1.2345678e-10, '1.2345679e-10'],
    [2 ** 60, '1152921504606847000.0'],
    [1e21, '1.0000000200408773e+21'],
    [2 ** -149, '1.401298464324817e-45'],
    [3.4028234663852886e38, '3.4028234663852886e+38'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('writes %d as %s', (value, expected) => {
    expect(print(writeFloat32, Math.fround(value))).toBe(expected);
  });
});

describe('writeFloat64', () => {
  it('writes what reads back as the same double', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()), (value) => {
        expect(JSON.parse(print(writeFloat64, value))).toBe(value);
      }),
      { numRuns: 2_000, examples: [[-0], [5e-324], [1.7976931348623157e308]] },
    );
  });

  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [123_456_789.12345679, '123456789.12345679'],
    [2 ** 53 - 1, '9007199254740991.0'],
    [1e20, '100000000000000000000.0'],
    [1e21, '1e+21'],
    [Number.NaN, 'NaN'],
  ])('writes %d as %s', (value, expected) => {
    expect(print(writeFloat64, value)).toBe(expected);
  });
});

describe('writeInteger', () => {
  it('writes every safe integer', () => {
    const integers = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -20, max: 20 }));
    const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
    fc.assert(
      fc.property(integers, (value) => {
        expect(print(writeInteger, value)).toBe(String(value));
      }),
      { examples: powers.flatMap((power): [number][] => [[power], [power - 1], [-power]]) },
    );
  });
});
