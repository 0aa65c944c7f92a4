import { describe, expect, it } from 'vitest';
import { rawBytes } from './raw-bytes.js';
import { fitShape, parseTensor, pretty } from './tensors.js';

const spec = (datatype: string, ...shape: number[]) => ({ datatype, shape });

describe('parseTensor', () => {
  it.each([
    ['nested lists', '[[1, 2], [3, 4]]', spec('FP32', -1, 2), [2, 2], [1, 2, 3, 4]],
    ['a row without its batch', '[1, 2]', spec('FP32', -1, 2), [1, 2], [1, 2]],
    ['flat numbers of several rows', '[1, 2, 3, 4]', spec('INT32', -1, 2), [2, 2], [1, 2, 3, 4]],
    ['numbers beside each other', '1, 2.5\n-3e2', spec('FP32', -1, 3), [1, 3], [1, 2.5, -300]],
    ['a scalar', '7', spec('INT64'), [], [7]],
    ['a number where one element fits', '7', spec('INT64', -1, 1), [1, 1], [7]],
    ['a text as it is', 'two\nlines', spec('BYTES', -1, 1), [1, 1], ['two\nlines']],
    ['texts', '["a", "b"]', spec('BYTES', -1, 1), [2, 1], ['a', 'b']],
    ['booleans', '[true, false]', spec('BOOL', 2), [2], [true, false]],
    ['no rows at all', '[]', spec('FP32', -1), [0], []],
  ])('reads %s', (_, text, wanted, shape, elements) => {
    expect(parseTensor(text, wanted)).toEqual({ shape, elements });
  });

  it.each([
    ['', spec('FP32', 1), 'is empty'],
    ['[1, 2', spec('FP32', 2), 'is not JSON: expected a number, or a list such as [0.5, 1]'],
    ['[[1], [2, 3]]', spec('FP32', -1, -1), 'has lists of different lengths'],
    ['[1, 2, 3]', spec('FP32', -1, 2), 'takes FP32[-1,2], got 3 elements'],
    ['[[1, 2, 3]]', spec('FP32', -1, 2), 'takes FP32[-1,2], got shape [1,3]'],
    ['["a"]', spec('FP32', 1), 'takes numbers, got "a"'],
    ['[1]', spec('BYTES', 1), 'takes texts, got 1'],
    ['[1]', spec('BOOL', 1), 'takes true and false, got 1'],
    ['[300]', spec('UINT8', 1), 'takes integers from 0 to 255, got 300'],
    ['[0.5]', spec('INT32', 1), 'takes integers from -2147483648 to 2147483647, got 0.5'],
    [
      '[9007199254740993]',
      spec('INT64', 1),
      'takes integers from -9007199254740991 to 9007199254740991, got 9007199254740992',
    ],
  ])('refuses %s', (text, wanted, message) => {
    expect(() => parseTensor(text, wanted)).toThrow(new Error(message));
  });
});

it('cuts flat data to the open dimension, and gives up where that leaves a choice', () => {
  expect(fitShape([-1, -1], [], 6)).toEqual([1, 6]);
  expect(fitShape([2, -1, -1], [6], 6)).toBeUndefined();
});

it('writes numbers beside each other', () => {
  expect(pretty({ a: [1, 2], b: 'x' })).toBe('{\n  "a": [1, 2],\n  "b": "x"\n}');
});

describe('rawBytes', () => {
  it.each([
    ['FP16', [1, -2, 0.1, 65_504, 1e6, 6e-8, 2.9e-8, -0], [0x3c00, 0xc000, 0x2e66, 0x7bff, 0x7c00, 1, 0, 0x8000]],
    ['BF16', [1, -2, 0.1, 1e38], [0x3f80, 0xc000, 0x3dcd, 0x7e96]],
    ['INT16', [-1, 258], [0xffff, 0x0102]],
  ])('encodes %s little-endian', (datatype, elements, bits) => {
    expect(new Uint16Array(rawBytes(datatype, elements).buffer)).toEqual(Uint16Array.from(bits));
  });

  it('puts its length before each text', () => {
    expect([...rawBytes('BYTES', ['é', ''])]).toEqual([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]);
  });

  it('encodes wider integers', () => {
    expect([...rawBytes('INT64', [-2])]).toEqual([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect([...rawBytes('BOOL', [true, false])]).toEqual([1, 0]);
  });
});
