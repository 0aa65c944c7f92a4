import { expect, it } from 'vitest';
import { packBytes } from '../../../core/index.js';
import { classScores } from './classes.js';

function classes(shape: readonly number[], ...elements: readonly string[]) {
  return { name: 'y', datatype: 'BYTES', shape, data: packBytes(elements.map((text) => Buffer.from(text))) } as const;
}

it('reads a list of classes for each row', () => {
  expect(classScores(classes([2, 2], '0.750000:1:dog', '0.250000:0:a: b', '7:3', 'nan:0'))).toEqual([
    [
      { index: 1, label: 'dog', score: 0.75 },
      { index: 0, label: 'a: b', score: 0.25 },
    ],
    [
      { index: 3, label: '3', score: 7 },
      { index: 0, label: '0', score: Number.NaN },
    ],
  ]);
});

it('reads those of a model without rows', () => {
  expect(classScores(classes([1], '-inf:4:x'))).toEqual([[{ index: 4, label: 'x', score: Number.NEGATIVE_INFINITY }]]);
});

it('refuses what is no list of classes', () => {
  const tensor = { name: 'y', datatype: 'FP32', shape: [1], data: new Uint8Array(4) } as const;
  expect(() => classScores(tensor)).toThrow("output 'y' is FP32: it has no classes");
});
