import { describe, expect, it } from 'vitest';
import { createPlan, type PlanOptions } from './plan.js';

const VERSIONS = { model: 'fraud', stable: 3, canary: 4 };

const problemOf = (options: PlanOptions): string | undefined => {
  const made = createPlan(VERSIONS, options);
  return 'problem' in made ? made.problem : undefined;
};

describe('a plan', () => {
  it('is complete where nobody says anything', () => {
    const step = { holdMs: 600_000, minRequests: 100, needsApproval: false };
    expect(createPlan(VERSIONS, {})).toEqual({
      plan: {
        ...VERSIONS,
        steps: [1, 5, 25, 50, 100].map((weight) => ({ ...step, weight })),
        maxHoldMs: 3_600_000,
        onInconclusive: 'pause',
        promotionNeedsApproval: false,
      },
    });
  });

  it('has steps that differ from the others', () => {
    const steps = [0.5, { weight: 50, holdMs: 1_000, minRequests: 7, needsApproval: true }, 100];
    const made = createPlan(VERSIONS, { steps, holdMs: 10, minRequests: 0, onInconclusive: 'proceed' });
    expect(made).toMatchObject({
      plan: {
        steps: [
          { weight: 0.5, holdMs: 10, minRequests: 0, needsApproval: false },
          { weight: 50, holdMs: 1_000, minRequests: 7, needsApproval: true },
          { weight: 100, holdMs: 10, minRequests: 0, needsApproval: false },
        ],
        maxHoldMs: 6_000,
        onInconclusive: 'proceed',
      },
    });
  });

  it.each<[PlanOptions, string]>([
    [{ steps: [] }, 'steps: expected 1 to 32, got 0'],
    [{ steps: Array.from({ length: 33 }, (_, index) => index + 1) }, 'steps: expected 1 to 32, got 33'],
    [{ steps: [0, 100] }, 'steps[0]: expected more than 0 and at most 100 percent, got 0'],
    [{ steps: [-1, 100] }, 'steps[0]: expected more than 0 and at most 100 percent, got -1'],
    [{ steps: [Number.NaN, 100] }, 'steps[0]: expected more than 0 and at most 100 percent, got NaN'],
    [{ steps: [5, 101] }, 'steps[1]: expected more than 0 and at most 100 percent, got 101'],
    [{ steps: [5, 5, 100] }, 'steps[1]: expected more than the 5 percent of the step before, got 5'],
    [{ steps: [5, 50] }, 'steps: expected 100 percent as the last one, got 50'],
    [{ holdMs: 31 * 86_400_000 }, 'steps[0]: expected a hold of at most 30d, got 31d'],
    [{ holdMs: -1 }, 'steps[0]: expected a hold of at most 30d, got -1'],
    [{ minRequests: 1.5 }, 'steps[0]: expected 0 to 1000000000 requests, got 1.5'],
    [{ maxHoldMs: 60_000 }, 'the longest hold: expected at least the 10m of a step and at most 30d, got 1m'],
  ])('is refused where it cannot be: %j', (options, problem) => {
    expect(problemOf(options)).toBe(problem);
  });
});
