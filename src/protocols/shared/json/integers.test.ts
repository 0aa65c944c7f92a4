import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATATYPES, type Datatype, typedView } from '../../../core/index.js';
import { JsonCursor } from './cursor.js';
import { readTensorData } from './tensor-data.js';

const RANGES = {
  INT8: [-(2n ** 7n), 2n ** 7n - 1n],
  INT16: [-(2n ** 15n), 2n ** 15n - 1n],
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT8: [0n, 2n ** 8n - 1n],
  UINT16: [0n, 2n ** 16n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
} as const;
type IntegerType = keyof typeof RANGES;
const INTEGER_TYPES = DATATYPES.filter((datatype): datatype is IntegerType => datatype in RANGES);

function read(datatype: Datatype, texts: readonly string[]): bigint[] {
  const body = Buffer.from(`{"data":[${texts.join(',')}]}`);
  const cursor = new JsonCursor(body, body.length);
  cursor.pos = 8;
  const count = texts.length;
  const data = readTensorData(cursor, { tensor: { label: "input 'x'" }, datatype, shape: [count], count });
  return Array.from(typedView(datatype, data) as ArrayLike<number | bigint>, BigInt);
}

describe.each(INTEGER_TYPES)('readIntegers of %s', (datatype) => {
  const [min, max] = RANGES[datatype];

  it('reads every integer in range without loss', () => {
    const values = fc.array(fc.oneof(fc.bigInt({ min, max }), fc.bigInt({ min: 0n, max: 127n })), { minLength: 1 });
    fc.assert(
      fc.property(values, (expected) => {
        expect(read(datatype, expected.map(String))).toEqual(expected);
      }),
      { examples: [[[min, max, 0n]]] },
    );
  });

  it('refuses integers out of range', () => {
    const outside = fc.oneof(
      fc.bigInt({ min: max + 1n, max: max * 10n }),
      fc.bigInt({ min: -(max * 10n), max: min - 1n }),
    );
    fc.assert(
      fc.property(outside, (value) => {
        const expected = `input 'x': data[1] at byte 11: expected an integer from ${min} to ${max}, got ${value}`;
        expect(() => read(datatype, ['0', String(value)])).toThrow(expected);
      }),
      { examples: [[max + 1n], [min - 1n], [10n ** 30n]] },
    );
  });

  it.each(['1.0', '1.5', '1e2', '1E2', '"1"', 'true', 'null', '[1]', 'NaN', '-Infinity'])('refuses %s', (text) => {
    expect(() => read(datatype, [text])).toThrow(
      `input 'x': data[0] at byte 9: expected an integer from ${min} to ${max}, got `,
    );
  });
});

describe('readIntegers', () => {
  it.each([
    ['01', "invalid JSON at byte 10: expected ',' or ']', got 1"],
    ['1 2', "invalid JSON at byte 11: expected ',' or ']', got 2"],
    ['-', "invalid JSON at byte 10: expected a number, got ']'"],
    ['1,', "input 'x': data[1] at byte 11: expected an integer from -128 to 127, got ']'"],
    ['+1', "input 'x': data[0] at byte 9: expected an integer from -128 to 127, got +1"],
  ])('refuses %s', (text, message) => {
    expect(() => read('INT8', [text])).toThrow(message);
  });

  it('takes -0 for 0', () => {
    expect(read('UINT64', ['-0'])).toEqual([0n]);
  });

  it('cuts a very long integer in its error', () => {
    expect(() => read('INT32', ['1'.repeat(1_000)])).toThrow(
      `input 'x': data[0] at byte 9: expected an integer from -2147483648 to 2147483647, got ${'1'.repeat(64)}…`,
    );
  });
});
