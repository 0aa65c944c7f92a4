import { expect, it } from 'vitest';
import type { ModelState } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import { presenceOf } from './presence.js';

const GONE = { kind: 'gone', why: 'it is not loaded' };

const statusOf = (version: number, state: ModelState) =>
  ({ name: 'm', version, state, info: undefined }) as ModelStatus;

it.each([
  ['asked for by nobody since the start', true, [], { kind: 'coming' }],
  ['found nowhere', false, [], GONE],
  ['not among those that were loaded', true, [statusOf(1, { kind: 'loading' })], GONE],
  ['on its way', true, [statusOf(2, { kind: 'warming' })], { kind: 'coming' }],
  ['unloaded', true, [statusOf(2, { kind: 'unloaded', reason: 'unloaded' })], { kind: 'gone', why: 'it was unloaded' }],
])('a version that is %s (explicit mode: %o)', (_what, loadedOnRequest, statuses, expected) => {
  const engine = { serving: () => [], statusesOf: () => statuses };
  expect(presenceOf({ engine, starting: () => false, loadedOnRequest }, { name: 'm', version: 2 })).toEqual(expected);
});
