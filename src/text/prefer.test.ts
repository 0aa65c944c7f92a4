import { expect, it } from 'vitest';
import { readPreferences } from './prefer.js';

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
  expect(readPreferences(header)).toEqual({ respondAsync: true, waitMs });
});

it.each([
  [undefined, undefined],
  ['', undefined],
  ['return=minimal', undefined],
  ['wait=5', 5_000],
  ['Wait = "5"; strict, return=minimal', 5_000],
  ['wait=7; of=interest', 7_000],
  ['wait=0', 0],
  ['wait=999999999', 60_000],
  ['wait=5s', undefined],
  ['wait=1.5', undefined],
  ['wait', undefined],
  ['await=5', undefined],
  ['respond-asynchronously', undefined],
])('finds no wish for a later answer in %s', (header, waitMs) => {
  expect(readPreferences(header)).toEqual({ respondAsync: false, waitMs });
});

it('reads several lines as one', () => {
  expect(readPreferences(['wait=3', 'respond-async'])).toEqual({ respondAsync: true, waitMs: 3_000 });
});
