import { expect, it } from 'vitest';
import { Slab } from './slab.js';

it('gives the bytes of arrays, small ones one behind the other, and never the same memory twice', () => {
  const slab = new Slab();
  const first = slab.bytesOf(Float32Array.of(1, 2));
  const second = slab.bytesOf(Float32Array.of(3));
  expect(second.buffer).toBe(first.buffer);
  expect(second.byteOffset).toBe(first.byteOffset + 8);
  const wide = slab.bytesOf(Float64Array.of(4));
  expect([wide.byteOffset % 8, new Float64Array(wide.buffer, wide.byteOffset, 1)[0]]).toEqual([0, 4]);
  for (let index = 0; index < 100; index++) slab.bytesOf(new Float32Array(512).fill(9));
  expect([...new Float32Array(first.buffer, first.byteOffset, 2)]).toEqual([1, 2]);
  expect([...new Float32Array(second.buffer, second.byteOffset, 1)]).toEqual([3]);
});

it('gives large arrays as they are', () => {
  const large = new Float32Array(1_000);
  expect(new Slab().bytesOf(large).buffer).toBe(large.buffer);
});
