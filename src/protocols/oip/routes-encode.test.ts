import { expect, it } from 'vitest';
import type { ModelState } from '../../core/index.js';
import { encodeIndex } from './routes-encode.js';

it.each<[ModelState, object]>([
  [{ kind: 'loading' }, { state: 'LOADING' }],
  [{ kind: 'warming' }, { state: 'LOADING' }],
  [{ kind: 'ready' }, { state: 'READY' }],
  [
    { kind: 'recovering', reason: 'killed' },
    { state: 'UNAVAILABLE', reason: 'killed' },
  ],
  [{ kind: 'draining' }, { state: 'UNLOADING' }],
  [
    { kind: 'unloaded', reason: 'unloaded' },
    { state: 'UNAVAILABLE', reason: 'unloaded' },
  ],
  [
    { kind: 'failed', reason: 'no file' },
    { state: 'UNAVAILABLE', reason: 'no file' },
  ],
])('writes the state %j as Triton does', (state, expected) => {
  expect(encodeIndex([{ name: 'm', version: 2, state, info: undefined }])).toEqual([
    { name: 'm', version: '2', ...expected },
  ]);
});

it('leaves out the version of a model that has none', () => {
  const state = { kind: 'failed', reason: 'no version' } as const;
  expect(encodeIndex([{ name: 'm', version: 0, state, info: undefined }])).toEqual([
    { name: 'm', state: 'UNAVAILABLE', reason: 'no version' },
  ]);
});
