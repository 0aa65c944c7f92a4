import { expect, it } from 'vitest';
import { preferenceApplied, readPrefer } from './prefer.js';

it.each([
  ['respond-async', undefined],
  ['respond-async, wait=10', 10_000],
  ['wait=10, respond-async', 10_000],
  ['Respond-Async; foo=bar', undefined],
  ['respond-async, wait="2"', 2_000],
  ['respond-async,wait=100000', 60_000],
  ['respond-async, wait=-1', undefined],
  ['respond-async, wait=1, wait=2', 1_000],
])('reads %s', (header, waitMs) => {
  expect(readPrefer(header)).toEqual({ waitMs });
});

it.each([undefined, '', 'return=minimal', 'wait=5', 'respond-asynchronously'])(
  'asks for no later answer: %s',
  (header) => {
    expect(readPrefer(header)).toBeUndefined();
  },
);

it('reads several lines as one', () => {
  expect(readPrefer(['wait=3', 'respond-async'])).toEqual({ waitMs: 3_000 });
});

it('says which preferences held', () => {
  expect(preferenceApplied({ waitMs: undefined }, true)).toBe('respond-async');
  expect(preferenceApplied({ waitMs: 5_000 }, true)).toBe('respond-async, wait=5');
  expect(preferenceApplied({ waitMs: 5_000 }, false)).toBe('wait=5');
});
