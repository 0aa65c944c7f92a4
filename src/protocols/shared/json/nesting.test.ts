import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount, typedView } from '../../../core/index.js';
import { JsonCursor } from './cursor.js';
import { readTensorData } from './tensor-data.js';

function read(text: string, shape: readonly number[]): number[] {
  const body = Buffer.from(`{"data":${text}}`);
  const cursor = new JsonCursor(body, body.length);
  cursor.pos = 8;
  const tensor = { label: "input 'x'" };
  const data = readTensorData(cursor, { tensor, datatype: 'INT32', shape, count: elementCount(shape) });
  expect(cursor.pos).toBe(body.length - 1);
  return [...(typedView('INT32', data) as Int32Array)];
}

/** 0, 1, 2, … in arrays nested as the shape says. */
function nest(shape: readonly number[], from = 0): unknown {
  const [length, ...inner] = shape;
  if (length === undefined) return from;
  const step = elementCount(inner);
  return Array.from({ length }, (_, index) => nest(inner, from + index * step));
}

describe('data', () => {
  it('may be flat or nested as its shape says', () => {
    const shapes = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.constantFrom(0, 1), (shape, indent) => {
        const flat = [...Array(elementCount(shape)).keys()];
        expect(read(JSON.stringify(flat, null, indent), shape)).toEqual(flat);
        expect(read(JSON.stringify(nest(shape), null, indent), shape)).toEqual(flat);
      }),
    );
  });

  it('of a scalar is an array of one', () => {
    expect(read('[7]', [])).toEqual([7]);
  });

  it.each<[string, number[], string]>([
    ['5', [1], 'expected data to be an array, got 5'],
    ['{"b64":""}', [1], 'expected data to be an array, got an object'],
    ['5', [], 'expected data to be an array, got 5'],
    ['[1,2,3]', [2], 'expected 2 elements for shape [2], got 3 in data'],
    ['[1,2,3]', [2, 2], 'expected 4 elements for shape [2,2], got 3 in data'],
    ['[]', [2, 2], 'expected 4 elements for shape [2,2], got 0 in data'],
    ['[]', [], 'expected 1 element for shape [], got 0 in data'],
    ['[1]', [0], 'expected 0 elements for shape [0], got 1 in data'],
    ['[1,2,3]', [1_000_000_000], 'expected 1000000000 elements for shape [1000000000], got 3 in data'],
    [
      '[[1,2],[3]]',
      [2, 2],
      'data is nested, but not as shape [2,2] says: at byte 15 expected 2 elements along axis 1, got 1',
    ],
    [
      '[[1,2],[3,4,5]]',
      [2, 2],
      'data is nested, but not as shape [2,2] says: at byte 15 expected 2 elements along axis 1, got 3',
    ],
    [
      '[[1,2]]',
      [2, 2],
      'data is nested, but not as shape [2,2] says: at byte 8 expected 2 elements along axis 0, got 1',
    ],
    [
      '[[1,2],3]',
      [2, 2],
      'data is nested, but not as shape [2,2] says: at byte 15 expected an array for axis 1, got 3',
    ],
    [
      '[[1],[2],[3],[4]]',
      [2, 2],
      'data is nested, but not as shape [2,2] says: at byte 9 expected 2 elements along axis 1, got 1',
    ],
    [
      '[[],[],[]]',
      [2, 0],
      'data is nested, but not as shape [2,0] says: at byte 8 expected 2 elements along axis 0, got 3',
    ],
    ['[[[1,2]]]', [1, 2], 'data[0] at byte 10: expected an integer from -2147483648 to 2147483647, got an array'],
    ['[[1,2]]', [2], 'data[0] at byte 9: expected an integer from -2147483648 to 2147483647, got an array'],
    ['[1,[2]]', [2], 'data[1] at byte 11: expected an integer from -2147483648 to 2147483647, got an array'],
  ])('%s is refused for shape %j', (text, shape, message) => {
    expect(() => read(text, shape)).toThrow(`input 'x': ${message}`);
  });
});
