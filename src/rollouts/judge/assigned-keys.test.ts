import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AssignedKeys } from './assigned-keys.js';

it('counts the first request of each key, by the share at which it was stable before', () => {
  const keys = new AssignedKeys(undefined);
  const assign = (share: number, isCanary: boolean) => keys.assign(7, share, isCanary);
  expect(keys.snapshot()).toBeUndefined();
  expect([assign(0.05, false), assign(0.05, false)]).toEqual([0, undefined]);
  expect([assign(0.25, false), assign(0.25, false)]).toEqual([0.05, undefined]);
  expect(assign(0.05, false)).toBeUndefined();
  expect([assign(0.5, true), assign(0.5, true), assign(1, true)]).toEqual([0.25, undefined, undefined]);
});

it('does not count keys for which it has no place, and remembers those that it has', () => {
  const keys = new AssignedKeys(undefined);
  // Of the same bucket, as they have the same lower 12 bits.
  const ofBucket = (index: number) => index * 2 ** 20 + 5;
  expect([0, 1, 2, 3, 4].map((index) => keys.assign(ofBucket(index), 0.1, false))).toEqual([0, 0, 0, 0, undefined]);
  expect(keys.assign(ofBucket(3), 0.2, false)).toBe(0.1);
});

it('keeps most of 16,000 keys, and counts them at each of fourteen shares', () => {
  const keys = new AssignedKeys(undefined);
  const key = (index: number) => Math.imul(index + 1, 0x9e37_79b1) >>> 0;
  const counted = (share: number, count: number) =>
    Array.from({ length: count }, (_, index) => keys.assign(key(index), share, false)).filter(
      (from) => from !== undefined,
    ).length;
  expect(counted(0.01, 5_000)).toBeGreaterThan(4_900);
  expect(counted(0.02, 16_000)).toBeGreaterThan(12_000);
  for (let step = 3; step <= 14; step++) expect(counted(step / 100, 100)).toBe(100);
  expect([counted(0.15, 100), counted(0.16, 100)]).toEqual([100, 0]);
  expect(JSON.stringify(keys.snapshot()).length).toBeLessThan(45_000);
});

it('goes on from a snapshot', () => {
  const asked = fc.array(fc.tuple(fc.nat(300), fc.constantFrom(0.1, 0.2, 0.3), fc.boolean()), { maxLength: 200 });
  const property = fc.property(asked, asked, (before, after) => {
    const keys = new AssignedKeys(undefined);
    for (const each of before) keys.assign(...each);
    const restored = new AssignedKeys(keys.snapshot());
    for (const each of after) expect(restored.assign(...each)).toBe(keys.assign(...each));
    expect(restored.snapshot()).toEqual(keys.snapshot());
  });
  fc.assert(property, { numRuns: 20 });
});
