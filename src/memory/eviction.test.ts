import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseVictims, type Resident, worthOf } from './eviction.js';

const residents = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 3 }),
    bytes: fc.integer({ min: 0, max: 1_000 }),
    reloadMs: fc.integer({ min: 0, max: 10_000 }),
    rate: fc.double({ min: 0, max: 100, noNaN: true }),
    isProtected: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);
const needed = fc.integer({ min: -10, max: 3_000 });
const bytesOf = (chosen: readonly Resident[]) => chosen.reduce((sum, { bytes }) => sum + bytes, 0);

describe('models that are evicted', () => {
  it('are never protected, free enough, and none of them could stay', () => {
    fc.assert(
      fc.property(residents, needed, (all, neededBytes) => {
        const chosen = chooseVictims(all, neededBytes);
        if (chosen === undefined) return;
        expect(chosen.some(({ isProtected }) => isProtected)).toBe(false);
        expect(bytesOf(chosen)).toBeGreaterThanOrEqual(Math.max(0, neededBytes));
        for (const one of chosen) expect(bytesOf(chosen) - one.bytes).toBeLessThan(neededBytes);
      }),
    );
  });

  it('are missing only where all that may go free too little', () => {
    fc.assert(
      fc.property(residents, needed, (all, neededBytes) => {
        const most = bytesOf(all.filter(({ isProtected }) => !isProtected));
        expect(chooseVictims(all, neededBytes) === undefined).toBe(neededBytes > 0 && most < neededBytes);
      }),
    );
  });

  it('are those of the least value where all are of one size', () => {
    fc.assert(
      fc.property(residents, needed, (all, neededBytes) => {
        const equal = all.map((resident) => ({ ...resident, bytes: 100 }));
        const chosen = chooseVictims(equal, neededBytes) ?? [];
        const left = equal.filter((resident) => !resident.isProtected && !chosen.includes(resident));
        const highest = Math.max(0, ...chosen.map(worthOf));
        for (const resident of left) expect(worthOf(resident)).toBeGreaterThanOrEqual(highest);
      }),
    );
  });

  it('do not depend on the order in which models are given', () => {
    fc.assert(
      fc.property(residents, needed, (all, neededBytes) => {
        const names = (chosen: readonly Resident[] | undefined) => chosen?.map(({ name }) => name);
        expect(names(chooseVictims(all.toReversed(), neededBytes))).toEqual(names(chooseVictims(all, neededBytes)));
      }),
    );
  });
});

it('a model is worth more the more often it is asked for, the longer it takes to load, and the smaller it is', () => {
  const value = worthOf({ rate: 2, reloadMs: 100, bytes: 50 });
  expect(value).toBe(4);
  expect(worthOf({ rate: 3, reloadMs: 100, bytes: 50 })).toBeGreaterThan(value);
  expect(worthOf({ rate: 2, reloadMs: 200, bytes: 50 })).toBeGreaterThan(value);
  expect(worthOf({ rate: 2, reloadMs: 100, bytes: 25 })).toBeGreaterThan(value);
});
