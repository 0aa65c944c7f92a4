import { expect, it } from 'vitest';
import { joinToSlices, jsonTexts } from './slices.js';

it('short texts are joined to slices of at most 64 KiB, a longer one is a slice alone', () => {
  const texts = ['a'.repeat(40_000), 'b'.repeat(25_536), 'c', 'd'.repeat(100_000), 'e'];
  expect([...joinToSlices(texts)].map((slice) => slice.length)).toEqual([65_536, 1, 100_000, 1]);
  expect([...joinToSlices([])]).toEqual([]);
});

const DATA = {
  text: 'a"b',
  none: null,
  left: undefined,
  list: [1, [2, { three: [] }], {}, [], false, undefined],
  'odd "name"': { a: { b: { c: 'd' } } },
};

it.each([0, 1, 2, 3, 10])('the texts of JSON joined are what JSON.stringify makes, to a depth of %d', (depth) => {
  expect([...jsonTexts(DATA, depth)].join('')).toBe(JSON.stringify(DATA));
});

it('the members of a list are texts of their own', () => {
  expect([...jsonTexts(['a', { b: 1 }], 1)]).toEqual(['[', '', '"a"', ',', '{"b":1}', ']']);
});
