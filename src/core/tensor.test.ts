import { describe, expect, it } from 'vitest';
import { typedView } from './tensor.js';

describe('typedView', () => {
  const bytes = new Uint8Array(Float32Array.of(1.5, -2).buffer);

  it('is a view of aligned data', () => {
    const view = typedView('FP32', bytes);
    expect(view).toEqual(Float32Array.of(1.5, -2));
    expect(view.buffer).toBe(bytes.buffer);
  });

  it.each([
    ['Uint8Array', (shifted: Uint8Array) => shifted],
    ['Buffer', (shifted: Uint8Array) => Buffer.from(shifted.buffer, shifted.byteOffset, shifted.byteLength)],
  ])('copies an unaligned %s', (_, wrap) => {
    const room = new Uint8Array(9);
    room.set(bytes, 1);
    expect(typedView('FP32', wrap(room.subarray(1)))).toEqual(Float32Array.of(1.5, -2));
  });

  it('refuses BYTES', () => {
    expect(() => typedView('BYTES', bytes)).toThrow('typedView: BYTES has no fixed element size');
  });
});
