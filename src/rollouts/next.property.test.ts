import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  begin,
  createPlan,
  isOver,
  next,
  ON_INCONCLUSIVE,
  type Presence,
  ROLLOUT_COMMANDS,
  type RolloutInput,
  type RolloutPlan,
  type RolloutState,
  trafficOf,
} from './index.js';

const plans = fc
  .record({
    weights: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 }),
    approvals: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    holdMs: fc.integer({ min: 0, max: 1_000 }),
    minRequests: fc.integer({ min: 0, max: 50 }),
    onInconclusive: fc.constantFrom(...ON_INCONCLUSIVE),
    promotionNeedsApproval: fc.boolean(),
  })
  .map(({ weights, approvals, ...options }): RolloutPlan => {
    const rising = [...weights.sort((a, b) => a - b), 100];
    const steps = rising.map((weight, index) => ({ weight, needsApproval: approvals[index] === true }));
    const made = createPlan({ model: 'fraud', stable: 3, canary: 4 }, { steps, ...options });
    if ('problem' in made) throw new Error(made.problem);
    return made.plan;
  });

const presences = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Presence>({ kind: 'serving' }) },
  { weight: 2, arbitrary: fc.constant<Presence>({ kind: 'coming' }) },
  { weight: 1, arbitrary: fc.constant<Presence>({ kind: 'gone', why: 'it was unloaded' }) },
);

const inputs = fc.record<RolloutInput, keyof RolloutInput>(
  {
    elapsedMs: fc.integer({ min: 0, max: 2_000 }),
    requests: fc.integer({ min: 0, max: 100 }),
    verdict: fc.oneof(
      { weight: 8, arbitrary: fc.constant({ kind: 'fine' as const, sentence: 'no worse' }) },
      { weight: 8, arbitrary: fc.constant({ kind: 'open' as const, sentence: 'not known yet' }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'worse' as const, sentence: 'worse' }) },
    ),
    canary: presences,
    stable: presences,
    command: fc.record(
      { action: fc.constantFrom(...ROLLOUT_COMMANDS), by: fc.constant('ada'), note: fc.string() },
      { requiredKeys: ['action', 'by'] },
    ),
    promotion: fc.oneof(
      fc.constant({ kind: 'moved' as const }),
      fc.constant({ kind: 'refused' as const, why: 'it is not ready' }),
    ),
  },
  { requiredKeys: ['elapsedMs', 'requests', 'verdict', 'canary', 'stable'] },
);

const runs = fc.tuple(plans, fc.array(inputs, { maxLength: 60 }));

/** Each look at a rollout: what it was, what it was told, what it became. */
function looks(plan: RolloutPlan, told: readonly RolloutInput[], between = (state: RolloutState) => state) {
  let { state } = begin(plan);
  return told.map((input) => {
    const before = between(state);
    const outcome = next(plan, before, input);
    state = outcome.state;
    return { before, input, ...outcome };
  });
}

it('canary gets only weights of the plan, one step after the other', () => {
  const property = fc.property(runs, ([plan, told]) => {
    const weights = new Set([0, ...plan.steps.map(({ weight }) => weight)]);
    for (const { before, state } of looks(plan, told)) {
      const traffic = trafficOf(plan, state);
      if (traffic.kind === 'split') expect(weights).toContain(traffic.canaryPercent);
      expect([before.step, before.step + 1]).toContain(state.step);
    }
  });
  fc.assert(property);
});

it('canary gets no more once it is worse or gone, and what is over stays so', () => {
  const property = fc.property(runs, ([plan, told]) => {
    for (const { before, input, state, refusal } of looks(plan, told)) {
      if (isOver(before)) expect(state).toEqual(before);
      else if (before.kind !== 'promoting' && (input.verdict.kind === 'worse' || input.canary.kind === 'gone')) {
        expect(state.kind).toBe('rolled_back');
        if (input.command !== undefined) expect(refusal).toBeDefined();
      }
    }
  });
  fc.assert(property);
});

it('every change of what it does has a reason, and is counted', () => {
  const property = fc.property(runs, ([plan, told]) => {
    for (const { before, state, decision } of looks(plan, told)) {
      expect(state.decisions).toBe(before.decisions + (decision === undefined ? 0 : 1));
      if (before.kind !== state.kind || before.step !== state.step) expect(decision?.reason).toMatch(/\S/);
    }
  });
  fc.assert(property);
});

it('is the same where its state has been to JSON and back between any two looks', () => {
  const property = fc.property(runs, ([plan, told]) => {
    const again: RolloutPlan = JSON.parse(JSON.stringify(plan));
    expect(looks(again, told, (state) => JSON.parse(JSON.stringify(state)))).toEqual(looks(plan, told));
  });
  fc.assert(property);
});

it('ends, however it went before, once somebody answers what it asks', () => {
  const property = fc.property(runs, fc.boolean(), ([plan, told], isFine) => {
    let state = looks(plan, told).at(-1)?.state ?? begin(plan).state;
    const verdict = { kind: isFine ? ('fine' as const) : ('open' as const), sentence: '' };
    let turns = 0;
    for (; !isOver(state); turns++) {
      const waits = state.kind === 'awaiting_approval' || (state.kind === 'paused' && state.cause === 'inconclusive');
      const action = waits ? 'approve' : state.kind === 'paused' ? 'resume' : undefined;
      state = next(plan, state, {
        elapsedMs: plan.maxHoldMs,
        requests: 50,
        verdict,
        canary: { kind: 'serving' },
        stable: { kind: 'serving' },
        ...(action === undefined ? {} : { command: { action, by: 'ada' } }),
        ...(state.kind === 'promoting' ? { promotion: { kind: 'moved' } } : {}),
      }).state;
      expect(turns).toBeLessThan(40);
    }
    if (turns > 0) expect(state.kind).toBe(plan.onInconclusive === 'rollback' && !isFine ? state.kind : 'done');
  });
  fc.assert(property);
});
