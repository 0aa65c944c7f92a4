import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planStep, type StepCandidate } from './plan-step.js';

const LIMITS = { batchTokens: 512, prefillTokens: 128 };
const generating: StepCandidate = { promptLeft: 0 };

describe('planStep', () => {
  it('takes one token of each that generates', () => {
    expect(planStep([generating, generating], LIMITS)).toEqual([1, 1]);
  });

  it('takes a bounded part of prompts beside those that generate', () => {
    expect(planStep([generating, { promptLeft: 1_536 }, generating], LIMITS)).toEqual([1, 128, 1]);
  });

  it('takes as much of prompts as fits where nobody generates', () => {
    expect(planStep([{ promptLeft: 1_536 }, { promptLeft: 300 }], LIMITS)).toEqual([512, 0]);
  });

  it('takes all of a prompt that is no longer than an equal share, and little of longer ones beside it', () => {
    expect(planStep([{ promptLeft: 1_536 }, { promptLeft: 10 }], LIMITS)).toEqual([118, 10]);
    expect(planStep([generating, { promptLeft: 900 }, { promptLeft: 42 }, { promptLeft: 43 }], LIMITS)).toEqual([
      1, 43, 42, 43,
    ]);
    expect(planStep([{ promptLeft: 200 }, { promptLeft: 10 }], LIMITS)).toEqual([200, 10]);
  });

  it('takes the prompt that came first before others', () => {
    expect(planStep([generating, { promptLeft: 100 }, { promptLeft: 100 }], LIMITS)).toEqual([1, 100, 28]);
  });

  it('takes no more of a prompt than it wants at a time, and of others what is left', () => {
    expect(planStep([{ promptLeft: 100, most: 16 }, { promptLeft: 1_000 }], LIMITS)).toEqual([16, 496]);
  });

  it('takes no more than fits, and something wherever somebody waits', () => {
    const candidates = fc.array(fc.record({ promptLeft: fc.nat(3_000) }), { maxLength: 40 });
    const limits = fc.record({
      batchTokens: fc.integer({ min: 1, max: 64 }),
      prefillTokens: fc.integer({ min: 1, max: 64 }),
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
