import { expect, it } from 'vitest';
import { parseLabelledName } from './labelled-name.js';

it.each([
  ['fraud@canary', { name: 'fraud', label: 'canary' }],
  ['a@b@c', { name: 'a@b', label: 'c' }],
  ['fraud', undefined],
  ['@canary', undefined],
  ['fraud@', undefined],
  ['@', undefined],
  ['', undefined],
])('reads %s', (text, expected) => {
  expect(parseLabelledName(text)).toEqual(expected);
});
