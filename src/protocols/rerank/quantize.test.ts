import { expect, it } from 'vitest';
import { toBinary, toInt8, toUbinary, toUint8 } from './quantize.js';

const ROW = Float32Array.of(1, -1, 0.5, -0.004, 0, 0.01, 2, -2, 0.1);

it('numbers of a byte are those of a vector of length 1, bounded', () => {
  expect([...toInt8(ROW)]).toEqual([127, -127, 64, -1, 0, 1, 127, -127, 13]);
  expect([...toUint8(ROW)]).toEqual([255, 1, 192, 127, 128, 129, 255, 1, 141]);
});

it('bits are packed as numpy.packbits does', () => {
  expect([...toUbinary(ROW)]).toEqual([0b1010_0110, 0b1000_0000]);
  expect([...toBinary(ROW)]).toEqual([0b1010_0110 - 128, 0]);
});
