import { expect, it } from 'vitest';
import { MANIFEST } from '../../version.js';
import { gatherPackages, oldestNode } from './packages.js';

it('finds the packages that are for this platform, with what is installed of them', () => {
  const packages = gatherPackages({
    ...MANIFEST,
    dependencies: { libsql: MANIFEST.dependencies.libsql ?? '', commander: '1.0.0' },
    optionalDependencies: { '@audio/decode-none': '1.2.3', ...MANIFEST.optionalDependencies },
  });
  expect(packages.find(({ name }) => name === 'libsql')).toMatchObject({
    wanted: MANIFEST.dependencies.libsql,
    found: MANIFEST.dependencies.libsql,
    isOptional: false,
  });
  expect(packages.find(({ name }) => name === '@audio/decode-none')).toEqual({
    name: '@audio/decode-none',
    wanted: '1.2.3',
    found: undefined,
    purpose: 'sounds of its format are refused',
    isOptional: true,
  });
  const names = packages.map(({ name }) => name);
  expect(names).not.toContain('commander');
  expect(names.filter((name) => /(linux|mac|win)-/.test(name)).length).toBeLessThanOrEqual(1);
  expect(oldestNode(MANIFEST)).toBe('20.19');
});
