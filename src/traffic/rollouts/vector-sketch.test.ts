import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../../test/support/random.js';
import { sketchOf } from './vector-sketch.js';

const vector = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 64 });

it('a sketch has the length of the vector and a direction of length 1, which a factor does not change', () => {
  const property = fc.property(vector, fc.double({ min: 0.1, max: 10, noNaN: true }), (values, factor) => {
    const { size, direction } = sketchOf(values);
    expect(size).toBeCloseTo(Math.hypot(...values), 9);
    const norm = Math.hypot(...direction);
    // Sums that are nearly nothing have no direction to speak of.
    if (norm < 0.5 || size < 1e-6) return;
    expect(norm).toBeCloseTo(1, 9);
    const scaled = sketchOf(values.map((value) => value * factor));
    expect(scaled.size).toBeCloseTo(size * factor, 6);
  });
  fc.assert(property);
});

it('a vector of nothing has no direction', () => {
  expect(sketchOf([0, 0])).toEqual({ size: 0, direction: new Array(16).fill(0) });
});

it('vectors that point in the same direction have sketches that do, and others have not', () => {
  const random = new Random(1);
  const draw = () => Array.from({ length: 384 }, () => random.next() - 0.5);
  const cosine = (one: readonly number[], other: readonly number[]) =>
    sketchOf(one).direction.reduce((sum, value, at) => sum + value * (sketchOf(other).direction[at] ?? 0), 0);
  const one = draw();
  const near = one.map((value) => value + 0.1 * (random.next() - 0.5));
  expect(cosine(one, near)).toBeGreaterThan(0.95);
  const others = Array.from({ length: 50 }, () => Math.abs(cosine(one, draw())));
  expect(others.reduce((sum, each) => sum + each, 0) / others.length).toBeLessThan(0.35);
});
