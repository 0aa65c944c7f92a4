import { expect, it } from 'vitest';
import { missingModels } from './missing-models.js';

it('a process that serves the models of the one before lacks nothing', () => {
  expect(missingModels(['a', 'a', 'b'], { served: ['b', 'a', 'c'], failed: [] })).toBeUndefined();
  expect(missingModels([], { served: [], failed: [] })).toBeUndefined();
});

it('missing models are named with the reason, three at most', () => {
  const failed = [{ name: 'a', version: 1, reason: 'no room' }];
  expect(missingModels(['a', 'b', 'c'], { served: ['c'], failed })).toBe(
    "the new process does not serve 'a' (no room), 'b' (it does not load it at its start)",
  );
  expect(missingModels(['a', 'b', 'c', 'd', 'e'], { served: [], failed })).toMatch(/^[^']*'a'.*'b'.*'c'.* and 2 more$/);
});
