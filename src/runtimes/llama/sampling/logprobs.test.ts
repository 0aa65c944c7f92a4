import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSumExp, mostProbable, topTokens } from './logprobs.js';

const logits = fc
  .array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: 1, maxLength: 60 })
  .map((list) => Float32Array.from(list));

describe('log probabilities', () => {
  it('are of a distribution', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const sum = logSumExp(values);
        const total = values.reduce((all, value) => all + Math.exp(value - sum), 0);
        expect(total).toBeCloseTo(1, 5);
      }),
    );
  });

  it('do not overflow', () => {
    expect(logSumExp(Float32Array.of(1_000, 1_000))).toBeCloseTo(1_000 + Math.log(2), 3);
  });

  it('are told of the most probable tokens, in order', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: 0, max: 20 }), (values, count) => {
        const sorted = Array.from(values.keys()).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
        expect(topTokens(values, count)).toEqual(sorted.slice(0, count));
        expect(mostProbable(values)).toBe(sorted[0]);
      }),
    );
  });
});
