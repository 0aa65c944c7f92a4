import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parametersOfChoice, seedOfChoice } from './choice-seed.js';

/** As requests may have them. */
const seeds = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1_000, max: 1_000 }));

it('the first choice has the seed of the request', () => {
  fc.assert(fc.property(seeds, (seed) => seedOfChoice(seed, 0) === seed));
});

it('the other choices have seeds of 32 bits that all differ, and are the same each time', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const derive = () => Array.from({ length: 127 }, (_, index) => seedOfChoice(seed, index + 1));
      const derived = derive();
      expect(derived.every((each) => Number.isInteger(each) && each >= 0 && each < 2 ** 32)).toBe(true);
      expect(new Set(derived).size).toBe(127);
      expect(derive()).toEqual(derived);
    }),
  );
});

it('no seed of a choice is one of a neighbouring seed', () => {
  const neighbours = [-(2 ** 53) + 1, -100, 2 ** 31 - 100, 2 ** 32 - 100, 2 ** 53 - 201].flatMap((least) =>
    Array.from({ length: 200 }, (_, index) => least + index),
  );
  const all = neighbours.flatMap((seed) => Array.from({ length: 8 }, (_, index) => seedOfChoice(seed, index)));
  expect(new Set(all).size).toBe(neighbours.length * 8);
});

it('the seeds of choices do not change from one release to the next', () => {
  expect([0, 1, 2, 127].map((index) => seedOfChoice(42, index))).toEqual([
    42, 3_707_560_186, 2_067_028_651, 3_159_016_984,
  ]);
});

it('parameters without a seed are left as they are', () => {
  const parameters = { temperature: 1 };
  expect(parametersOfChoice(parameters, 3)).toBe(parameters);
  expect(parametersOfChoice({ ...parameters, seed: 42 }, 3)).toEqual({ temperature: 1, seed: seedOfChoice(42, 3) });
});
