import { expect, it } from 'vitest';
import { chooseVersion } from './choose-version.js';

const serving = [1, 3, 10].map((version) => ({ ref: { name: 'm', version, generation: version } }));

it('takes the numerically highest version unless one is wanted', () => {
  expect(chooseVersion(serving, undefined)?.ref.version).toBe(10);
  expect(chooseVersion(serving, 3)?.ref.version).toBe(3);
  expect(chooseVersion(serving, 2)).toBeUndefined();
  expect(chooseVersion([], undefined)).toBeUndefined();
});
