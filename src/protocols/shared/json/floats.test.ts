import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCursor } from './cursor.js';
import { readFloats } from './floats.js';

/** Reads `[text]` into one array of each width; the array stands inside an object, as it always does. */
function read(texts: readonly string[], separator = ','): { single: Float32Array; double: Float64Array } {
  const single = new Float32Array(texts.length);
  const double = new Float64Array(texts.length);
  for (const out of [single, double]) {
    const body = Buffer.from(`{"data":[${texts.join(separator)}]}`);
    const cursor = new JsonCursor(body, body.length);
    cursor.pos = 9;
    expect(readFloats(cursor, { tensor: { label: "input 'x'" }, out }, 0)).toBe(texts.length);
    expect(cursor.pos).toBe(body.length - 1);
  }
  return { single, double };
}

function message(text: string): string {
  try {
    read([text]);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
/** Numbers in every form that JSON has, most of them longer than a double is exact. */
const numberText = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'), digits(0, 21)).map((all) => all.join('')),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      digits(1, 26).map((text) => `.${text}`),
    ),
    exponent: fc.oneof(
      fc.constant(''),
      fc.integer({ min: -330, max: 330 }).map((value) => `e${value}`),
      fc.constantFrom('E+5', 'E-7'),
    ),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent);
const printedDouble = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
const printedFloat = fc.float({ noNaN: true, noDefaultInfinity: true }).map(String);

describe('readFloats', () => {
  it('gives the same bits as JSON.parse', () => {
    const text = fc.oneof(numberText, printedDouble, printedFloat);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        const expected = JSON.parse(`[${texts.join(',')}]`) as number[];
        const { single, double } = read(texts);
        expect(double).toEqual(Float64Array.from(expected));
        expect(single).toEqual(Float32Array.from(expected));
      }),
      { numRuns: 2_000 },
    );
  });

  it('rounds numbers right next to the middle between two floats', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: 0 });
    fc.assert(
      fc.property(float, fc.constantFrom('', '0', '1', '00000001'), (value, tail) => {
        const middle = value + 2 ** (Math.max(-126, Math.floor(Math.log2(value))) - 24);
        const text = middle.toFixed(25) + tail;
        expect(read([text]).single).toEqual(Float32Array.of(JSON.parse(text)));
      }),
      {
        numRuns: 2_000,
        examples: [
          [1, '1'],
          [1, ''],
          [16_777_216, '1'],
          [0.1, ''],
        ],
      },
    );
  });

  it.each([
    '0',
    '-0',
    '-0.0',
    '9007199254740993',
    '9007199254740993.0',
    '900719925474099.35',
    '1e22',
    '1e23',
    '123456789012345678901',
  ])('reads %s as JSON.parse does', (text) => {
    const { single, double } = read([text]);
    expect(double).toEqual(Float64Array.of(JSON.parse(text)));
    expect(single).toEqual(Float32Array.of(JSON.parse(text)));
  });

  it('reads NaN and the infinities as Triton does', () => {
    const { single, double } = read(['NaN', '-NaN', 'Infinity', '-Infinity', 'Inf', '-Inf']);
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect([...double]).toEqual([nan, nan, inf, -inf, inf, -inf]);
    expect([...single]).toEqual([nan, nan, inf, -inf, inf, -inf]);
  });

  it('lets what a float32 cannot hold overflow to infinity', () => {
    expect([...read(['1e39', '-1e39', '3.4028235677973366e38']).single]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('takes any JSON white space around numbers', () => {
    expect([...read(['1', '\t2', '3 \r\n', '   4'], ' \n,\r  \t').double]).toEqual([1, 2, 3, 4]);
  });

  it('counts numbers for which there is no room', () => {
    const body = Buffer.from('{"data":[1,2,3]}');
    const cursor = new JsonCursor(body, body.length);
    cursor.pos = 9;
    const out = new Float32Array(2);
    expect(readFloats(cursor, { tensor: { label: 'x' }, out }, 0)).toBe(3);
    expect([...out]).toEqual([1, 2]);
  });

  it.each([
    ['"1"', "input 'x': data[0] at byte 9: expected a number, got a string"],
    ['null', "input 'x': data[0] at byte 9: expected a number, got null"],
    ['true', "input 'x': data[0] at byte 9: expected a number, got true"],
    ['[1]', "input 'x': data[0] at byte 9: expected a number, got an array"],
    ['+1', "input 'x': data[0] at byte 9: expected a number, got +1"],
    ['.5', "input 'x': data[0] at byte 9: expected a number, got .5"],
    ['', "input 'x': data[0] at byte 9: expected a number, got ']'"],
    ['\u0000', "input 'x': data[0] at byte 9: expected a number, got byte 0x00"],
    ['1,', "input 'x': data[1] at byte 11: expected a number, got ']'"],
    ['1 2', "invalid JSON at byte 11: expected ',' or ']', got 2"],
    ['01', "invalid JSON at byte 10: expected ',' or ']', got 1"],
    ['0x10', "invalid JSON at byte 10: expected ',' or ']', got x10"],
    ['-', "invalid JSON at byte 10: expected a number, got ']'"],
    ['- 1', 'invalid JSON at byte 10: expected a number, got byte 0x20'],
    ['1.', "invalid JSON at byte 11: expected a digit, got ']'"],
    ['1.e5', 'invalid JSON at byte 11: expected a digit, got e5'],
    ['1e', "invalid JSON at byte 11: expected a digit, got ']'"],
    ['1e+', "invalid JSON at byte 12: expected a digit, got ']'"],
    ['-Infinit', "invalid JSON at byte 13: expected ',' or ']', got init"],
  ])('refuses %j', (text, expected) => {
    expect(message(text)).toBe(expected);
  });
});
