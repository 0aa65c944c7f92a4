import { describe, expect, it } from 'vitest';
import { formatCount } from '../judge/format.js';
import { createJudge, type Verdict } from '../judge/index.js';
import { createPlan, type PlanOptions } from '../plan.js';
import { begin } from '../progress.js';
import { type Forecasted, forecast } from './forecast.js';
import { Pace } from './pace.js';
import { requirementsOf } from './requirements.js';

const OPEN = createJudge().verdict();

function planOf(options: PlanOptions = {}) {
  const made = createPlan({ model: 'm', stable: 1, canary: 2 }, { steps: [20, 50, 100], holdMs: 600_000, ...options });
  if ('problem' in made) throw new Error(made.problem);
  return made.plan;
}

function told(more: Partial<Forecasted> = {}, options: PlanOptions = {}) {
  const plan = planOf(options);
  const seen = { requests: 0, users: undefined, perSecond: undefined };
  const of = {
    plan,
    judge: {},
    isSticky: false,
    users: undefined,
    state: begin(plan).state,
    verdict: OPEN,
    seen,
    ...more,
  };
  return forecast(of);
}

/** As it is after so many requests of each version. */
function verdictAfter(stable: number, canary: number, kind: Verdict['kind'] = 'open'): Verdict {
  const metrics = OPEN.metrics.map((metric) => ({ ...metric, kind, stable: 0.002, observations: { stable, canary } }));
  return { ...OPEN, kind, metrics };
}

const needsOf = (unit: 'requests' | 'users', rates = {}) => {
  const { fine, metrics } = requirementsOf({ judge: {}, unit, weight: 20, rates });
  return { all: fine?.all ?? 0, canary: fine?.canary ?? 0, toRollBack: formatCount(metrics[0]?.worse?.all ?? 0) };
};

describe('the forecast of a rollout', () => {
  it('says at the start how many requests a verdict needs', () => {
    const { all, canary, toRollBack } = needsOf('requests');
    expect(told()?.sentence).toBe(
      `step 1 of 3 (20 %) needs about ${formatCount(all)} requests, ${formatCount(canary)} of them of version 2, to know that it is no worse, ` +
        `and about ${toRollBack} to roll it back if 10 more of 100 requests fail`,
    );
  });

  it('says how long the rest takes at the present rate, by what stable has done', () => {
    const { canary } = needsOf('requests', { errors: 0.002 });
    const seen = { requests: 1_000, users: undefined, perSecond: 10 };
    const found = told({ verdict: verdictAfter(800, 200), seen });
    expect(found?.remainingMs).toBe(((canary - 200) / 0.2 / 10) * 1_000);
    expect(found?.sentence).toMatch(/; at the present rate, 10 requests a second, that takes \d+m\d*s?$/);
    expect(found?.obstacle).toBeUndefined();
    const none = told({ verdict: verdictAfter(800, 200), seen: { ...seen, perSecond: 0 } });
    expect(none?.sentence).toMatch(/; at present there are no requests$/);
  });

  it('says that a step is likely to stay inconclusive where its time is too short', () => {
    const seen = { requests: 1_000, users: undefined, perSecond: 0.1 };
    const found = told({ verdict: verdictAfter(800, 200), seen });
    expect(found?.obstacle).toBe('time');
    expect(found?.sentence).toMatch(
      /; at the present rate, 0\.1 requests a second, that takes \d+h\d+m, and the step is held for at most 1h; this step is likely to stay inconclusive$/,
    );
  });

  it('counts the users of a sticky rollout, from 1,000 requests on', () => {
    const unknown = { requests: 999, users: 120, perSecond: undefined };
    expect(told({ isSticky: true, seen: unknown })?.sentence).toMatch(
      /^step 1 of 3 \(20 %\) needs about [\d,]+ users, [\d,]+ of them with version 2, .*; how many users there are is known after 1,000 requests$/,
    );
    const counted = { requests: 1_000, users: 120, perSecond: 0.5 };
    const found = told({ isSticky: true, seen: counted, verdict: verdictAfter(96, 24) });
    expect(found?.users).toEqual({ count: 120, source: 'counted' });
    expect(found?.sentence).toMatch(
      /; 120 were seen, and 24 with the new version count until now; at the present rate, 0\.5 new users a second, that takes /,
    );
  });

  it('says that declared users are too few, or more than the judge counts', () => {
    const few = told({ isSticky: true, users: 1_000 });
    expect([few?.obstacle, few?.users]).toEqual(['users', { count: 1_000, source: 'declared' }]);
    expect(few?.sentence).toMatch(
      /; there are 1,000, and 0 with the new version count until now; this step is likely to stay inconclusive$/,
    );
    const many = told({ isSticky: true, users: 1_000_000 }, { steps: [1, 100] });
    expect(many?.obstacle).toBe('share');
    expect(many?.sentence).toMatch(/; the judge counts at most 12,000 users, so that this step stays inconclusive$/);
  });

  it('says that it is done once the version is known to be no worse, and that nothing can be compared at 100 %', () => {
    const fine = told({ verdict: verdictAfter(8_000, 2_000, 'fine') });
    expect([fine?.remainingMs, fine?.sentence]).toEqual([0, 'version 2 is known to be no worse']);
    const { state } = begin(planOf());
    const last = told({ state: { ...state, step: 2 } });
    expect([last?.obstacle, last?.sentence]).toEqual([
      'share',
      'step 3 of 3 (100 %) leaves no requests to compare version 2 with',
    ]);
    expect(told({ state: { ...state, kind: 'done' } })).toBeUndefined();
  });
});

describe('the pace of a count', () => {
  it('is known after ten seconds, and is that of the last minute', () => {
    const pace = new Pace();
    for (let second = 0; second < 10; second++) pace.note(second * 1_000, second * 3);
    expect(pace.perSecond).toBeUndefined();
    pace.note(10_000, 30);
    expect(pace.perSecond).toBe(3);
    for (let second = 11; second <= 120; second++) pace.note(second * 1_000, 30);
    expect(pace.perSecond).toBe(0);
  });
});
