import { expect, it } from 'vitest';
import { formatCount } from '../judge/format.js';
import { createPlan, type PlanOptions } from '../plan.js';
import { fineNeeds, type JudgedTraffic, requirementsOf } from './requirements.js';
import { userProblem } from './user-problem.js';

const LENIENT = { errors: { margin: 0.2 }, latency: false, answers: false } as const;

function problem(users: number, options: PlanOptions, judge: JudgedTraffic['judge'] = {}): string | undefined {
  const made = createPlan({ model: 'm', stable: 1, canary: 2 }, options);
  if ('problem' in made) throw new Error(made.problem);
  return userProblem({ plan: made.plan, judge, users });
}

const needsAt = (weight: number, judge: JudgedTraffic['judge'] = {}) => {
  const { fine, metrics } = requirementsOf({ judge, unit: 'users', weight });
  return {
    all: formatCount(fine?.all ?? 0),
    canary: formatCount(fine?.canary ?? 0),
    toRollBack: formatCount(metrics[0]?.worse?.all ?? 0),
  };
};

it('users are enough from the number on that the first step needs', () => {
  const enough = fineNeeds({ judge: {}, unit: 'users', weight: 20 })?.all ?? 0;
  expect(problem(enough, { steps: [20, 100] })).toBeUndefined();
  expect(problem(enough - 1, { steps: [20, 100] })).toContain('cannot be judged');
});

it('too few users are refused with the figures, the margins that would work, and the first step that would', () => {
  const { all, canary, toRollBack } = needsAt(5);
  expect(problem(8_000, { steps: [5, 100] })).toMatch(
    new RegExp(
      `^version 2 cannot be judged by 8,000 users: step 1 of 2 \\(5 %\\) needs about ${all}, ${canary} of them with this version, to know that it is ` +
        `no worse, and about ${toRollBack} to roll it back if 30 more of 100 requests fail; set the margins to at least 0\\.\\d\\d \\(errors\\)` +
        '.* and 0\\.\\d\\d \\(answers\\), or begin with (15|20) percent, or start it anyway with `allow_inconclusive`$',
    ),
  );
});

it('where no margin would work, none is named', () => {
  const { all, canary, toRollBack } = needsAt(1);
  expect(problem(10, { steps: [1, 100] })).toBe(
    `version 2 cannot be judged by 10 users: step 1 of 2 (1 %) needs about ${all}, ${canary} of them with this version, to know that it is no worse, ` +
      `and about ${toRollBack} to roll it back if 30 more of 100 requests fail; start it anyway with \`allow_inconclusive\``,
  );
  expect(problem(1_000, { steps: [100] })).toBe(
    'version 2 cannot be judged by 1,000 users: step 1 of 1 (100 %) leaves none of them to the other version; start it anyway with `allow_inconclusive`',
  );
});

it('no number of users is enough where the judge cannot tell as many apart', () => {
  expect(problem(1_000_000, { steps: [1, 100] })).toMatch(
    /^version 2 cannot be judged by 1,000,000 users, of which the judge counts 12,000: step 1 of 2 \(1 %\) needs about [\d,]+, /,
  );
});

it('a plan that proceeds without a verdict may have one in a later step', () => {
  const enough = fineNeeds({ judge: LENIENT, unit: 'users', weight: 50 })?.all ?? 0;
  const steps = [1, 50, 100];
  expect(problem(enough, { steps, onInconclusive: 'proceed' }, LENIENT)).toBeUndefined();
  expect(problem(enough, { steps, onInconclusive: 'pause' }, LENIENT)).toContain('step 1 of 3 (1 %)');
  expect(problem(enough - 1, { steps, onInconclusive: 'proceed' }, LENIENT)).toContain('step 2 of 3 (50 %)');
});
