import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, elementCount, type Tensor, typedView } from '../core/index.js';
import { cutTensor, padTensor } from './padding.js';

function int32(shape: readonly number[], values: readonly number[]): Tensor {
  return { name: 'x', datatype: 'INT32', shape, data: bytesOf(Int32Array.from(values)) };
}

describe('padTensor', () => {
  it('fills every axis up and leaves the elements at their indexes', () => {
    const padded = padTensor(int32([2, 2], [1, 2, 3, 4]), [2, 3], -1);
    expect([...typedView('INT32', padded.data)]).toEqual([1, 2, -1, 3, 4, -1]);
  });

  it.each([
    ['FP16', 0x3c00],
    ['BF16', 0x3f80],
  ] as const)('fills %s up with the value, not with its bits', (datatype, one) => {
    const padded = padTensor({ name: 'x', datatype, shape: [1, 0], data: new Uint8Array(0) }, [1, 2], 1);
    expect([...typedView(datatype, padded.data)]).toEqual([one, one]);
  });

  it('gives a tensor of the right shape back as it is', () => {
    const tensor = int32([1, 2], [1, 2]);
    expect(padTensor(tensor, [1, 2], 0)).toBe(tensor);
  });

  it('is undone by cutTensor, whatever the shapes', () => {
    const shapes = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 4 })
      .map((axes) => ({ own: axes.map(([size]) => size), full: axes.map(([size, more]) => size + more) }));
    fc.assert(
      fc.property(shapes, fc.integer({ min: -5, max: 5 }), ({ own, full }, value) => {
        const tensor = int32(
          own,
          Array.from({ length: elementCount(own) }, (_, index) => index + 1),
        );
        const padded = padTensor(tensor, full, value);
        expect(padded.data.byteLength).toBe(elementCount(full) * 4);
        expect(cutTensor(padded, own).data).toEqual(tensor.data);
      }),
    );
  });
});
