import { expect, it } from 'vitest';
import { readWait } from './read-request.js';

it.each([
  ['wait=10', 10_000],
  ['respond-async, Wait = "5"', 5_000],
  ['wait=7; of=interest', 7_000],
  ['wait=0', 0],
  ['wait=600', 60_000],
  ['wait=999999999', 60_000],
  [['handling=lenient', 'wait=3'], 3_000],
  ['wait=1, wait=2', 1_000],
  ['wait=-1', undefined],
  ['wait=1.5', undefined],
  ['wait', undefined],
  ['await=5', undefined],
  ['', undefined],
  [undefined, undefined],
])('the preference %j is a wait of %j ms', (prefer, waitMs) => {
  expect(readWait({ prefer })).toBe(waitMs);
});
