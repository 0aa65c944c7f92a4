import { expect, it } from 'vitest';
import { targetOf } from './target.js';

it('names a model, and a version whose leading zeros do not count', () => {
  expect(targetOf({ params: { model: 'm' } })).toEqual({ name: 'm', version: undefined });
  expect(targetOf({ params: { model: 'm', version: '007' } })).toEqual({ name: 'm', version: 7 });
  expect(targetOf({ params: { model: 'm', version: '0' } })).toEqual({ name: 'm', version: 0 });
});

it.each(['abc', '-1', '1.0', '1e3', ' 1', '%31'])("refuses version '%s'", (version) => {
  expect(() => targetOf({ params: { model: 'm', version } })).toThrow(
    `model 'm' has no version '${version}': versions are positive integers`,
  );
});
