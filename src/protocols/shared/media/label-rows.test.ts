import { expect, it } from 'vitest';
import { packBytes } from '../../../core/index.js';
import { plainRequest } from '../plain-request.js';
import { asksForLabels, labelRows, onlyClasses } from './label-rows.js';

function classes(name: string, ...elements: readonly string[]) {
  const data = packBytes(elements.map((text) => Buffer.from(text)));
  return { name, datatype: 'BYTES', shape: [2, elements.length / 2], data } as const;
}

it('gives each row its labels with their scores', () => {
  expect(labelRows([classes('y', '0.75:1:dog', '0.25:0:cat', '3:7', '2:9')])).toEqual([
    { dog: 0.75, cat: 0.25 },
    { '7': 3, '9': 2 },
  ]);
});

it('names outputs where there are several, or none', () => {
  expect(labelRows([classes('y', '1:0:a', '2:0:b'), classes('z', '3:0:c', '4:0:d')])).toEqual([
    { y: { a: 1 }, z: { c: 3 } },
    { y: { b: 2 }, z: { d: 4 } },
  ]);
  expect(labelRows([])).toEqual([]);
});

it('asks for nothing but classes where a model has some', () => {
  const request = plainRequest([]);
  const [y, z] = [
    { name: 'y', classificationCount: 3 },
    { name: 'z', classificationCount: 0 },
  ];
  const narrowed = onlyClasses({ ...request, outputs: [y, z] });
  expect(narrowed.outputs).toEqual([y]);
  expect([request, { ...request, outputs: [y, z] }, narrowed].map(asksForLabels)).toEqual([false, false, true]);
  expect(onlyClasses(request)).toBe(request);
});
