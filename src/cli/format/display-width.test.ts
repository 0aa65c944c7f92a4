import { expect, it } from 'vitest';
import { displayWidth } from './display-width.js';

it.each([
  ['', 0],
  ['mlp FP32[-1,16]', 15],
  ['größe', 5],
  ['e\u0301', 1],
  ['\u001b[1mMODEL\u001b[22m', 5],
  ['猫', 2],
  ['ねこ', 4],
  ['고양이', 6],
  ['ﾈｺ', 2],
  ['ＡＢ', 4],
  ['𠮷', 2],
  ['𝑥', 1],
  ['🐈', 2],
  ['👩🏽‍🔬', 2],
  ['🇨🇭', 2],
  ['2 × process', 11],
  ['a\u200bb', 2],
])('a line %j takes %d columns of a terminal', (line, columns) => {
  expect(displayWidth(line)).toBe(columns);
});
