import { expect, test } from 'vitest';
import { fillInput } from './fill.js';

test('open dimensions are filled with one element, empty ones with none', () => {
  const filled = (shape: readonly number[]) =>
    fillInput({ name: 'x', datatype: 'FP32', shape }, { fill: 'zero', shapes: {} });
  expect(filled([-1, 2])).toEqual({ datatype: 'FP32', shape: [1, 2], data: [0, 0] });
  expect(filled([-1, 0])).toEqual({ datatype: 'FP32', shape: [1, 0], data: [] });
});
