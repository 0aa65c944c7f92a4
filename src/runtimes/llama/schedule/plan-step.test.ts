import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planStep, type StepCandidate } from './plan-step.js';

const LIMITS = { batchTokens: 512, prefillTokens: 128, partTokens: 128, isOldestsTurn: false };
const generating: StepCandidate = { promptLeft: 0, since: 0 };

/** Candidates whose prompts have so much left, in the order in which they came. */
const prompts = (...left: readonly number[]): StepCandidate[] =>
  left.map((promptLeft, since) => ({ promptLeft, since }));

describe('planStep', () => {
  it('takes one token of each that generates', () => {
    expect(planStep([generating, generating], LIMITS)).toEqual([1, 1]);
  });

  it('takes a bounded part of prompts beside those that generate', () => {
    expect(planStep([generating, ...prompts(1_536), generating], LIMITS)).toEqual([1, 128, 1]);
  });

  it('takes a part of a long prompt where nobody generates, and of several prompts that are shorter as much as fits', () => {
    expect(planStep(prompts(1_536), LIMITS)).toEqual([128]);
    expect(planStep(prompts(128, 100, 128, 128, 128), LIMITS)).toEqual([128, 100, 128, 128, 28]);
  });

  it('takes the prompt with the fewest tokens left first, and little of longer ones beside it', () => {
    expect(planStep(prompts(1_536, 10), LIMITS)).toEqual([118, 10]);
    expect(planStep(prompts(4_000, 4_000, 300), LIMITS)).toEqual([0, 0, 128]);
    expect(planStep([generating, ...prompts(900, 42, 43)], LIMITS)).toEqual([1, 43, 42, 43]);
    expect(planStep(prompts(200, 10), LIMITS)).toEqual([118, 10]);
  });

  it('takes the prompt that came first before others of its length', () => {
    const both = [generating, { promptLeft: 100, since: 2 }, { promptLeft: 100, since: 1 }];
    expect(planStep(both, LIMITS)).toEqual([1, 28, 100]);
  });

  it('takes the prompt that came first before shorter ones when it is its turn', () => {
    const turn = { ...LIMITS, isOldestsTurn: true };
    expect(planStep(prompts(4_000, 4_000, 300), turn)).toEqual([128, 0, 0]);
    expect(planStep(prompts(4_000, 10), turn)).toEqual([128, 10]);
    expect(planStep([generating, { promptLeft: 9, since: 8 }, { promptLeft: 900, since: 7 }], turn)).toEqual([
      1, 0, 128,
    ]);
  });

  it('takes no more of a prompt than it wants at a time, and of others what is left', () => {
    expect(planStep([{ promptLeft: 100, since: 0, most: 16 }, ...prompts(1_000)], LIMITS)).toEqual([16, 112]);
  });

  it('takes no more than fits, and something wherever somebody waits', () => {
    const candidates = fc.array(fc.record({ promptLeft: fc.nat(3_000), since: fc.nat(9) }), { maxLength: 40 });
    const limits = fc.record({
      batchTokens: fc.integer({ min: 1, max: 64 }),
      prefillTokens: fc.integer({ min: 1, max: 64 }),
      partTokens: fc.integer({ min: 1, max: 64 }),
      isOldestsTurn: fc.boolean(),
    });
    fc.assert(
      fc.property(candidates, limits, (list, chosen) => {
        const plan = planStep(list, chosen);
        const total = plan.reduce((sum, tokens) => sum + tokens, 0);
        expect(plan).toHaveLength(list.length);
        expect(total).toBeLessThanOrEqual(chosen.batchTokens);
        expect(total > 0).toBe(list.length > 0);
        for (const [index, { promptLeft }] of list.entries()) {
          expect(plan[index]).toBeLessThanOrEqual(promptLeft === 0 ? 1 : promptLeft);
        }
        const ofPrompts = plan.reduce((sum, tokens, index) => sum + (list[index]?.promptLeft === 0 ? 0 : tokens), 0);
        if (list.some(({ promptLeft }) => promptLeft === 0))
          expect(ofPrompts).toBeLessThanOrEqual(chosen.prefillTokens);
      }),
    );
  });
});
