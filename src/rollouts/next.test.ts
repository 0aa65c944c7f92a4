import { describe, expect, it } from 'vitest';
import { possibleCommands, type RolloutCommand } from './commands.js';
import { sayNext, sayPhase } from './describe.js';
import { next, type RolloutInput } from './next.js';
import { createPlan, type PlanOptions, type RolloutPlan } from './plan.js';
import { begin } from './progress.js';
import { type RolloutState, trafficOf } from './state.js';

function planOf(options: PlanOptions = {}): RolloutPlan {
  const versions = { model: 'fraud', stable: 3, canary: 4 };
  const made = createPlan(versions, { steps: [5, 50, 100], holdMs: 60_000, minRequests: 10, ...options });
  if ('problem' in made) throw new Error(made.problem);
  return made.plan;
}

const QUIET: RolloutInput = {
  elapsedMs: 0,
  requests: 0,
  verdict: { kind: 'open', sentence: 'errors: 2 of 40' },
  canary: { kind: 'serving' },
  stable: { kind: 'serving' },
};
const FINE = { kind: 'fine', sentence: 'no worse in anything' } as const;
const WORSE = { kind: 'worse', sentence: 'errors are worse: 9 of 40' } as const;

/** Where a rollout is after some looks at it, and what was decided at each. */
function played(plan: RolloutPlan, inputs: readonly Partial<RolloutInput>[]) {
  let { state } = begin(plan);
  const said: (string | undefined)[] = [];
  for (const input of inputs) {
    const outcome = next(plan, state, { ...QUIET, ...input });
    state = outcome.state;
    said.push(outcome.refusal ?? (outcome.decision && `${outcome.decision.action}: ${outcome.decision.reason}`));
  }
  return { state, said };
}

const command = (action: RolloutCommand['action'], note?: string): Partial<RolloutInput> => ({
  command: { action, by: 'ada', ...(note === undefined ? {} : { note }) },
});
const MINUTE = { elapsedMs: 60_000, requests: 10 };

describe('a rollout', () => {
  it('begins in its first step', () => {
    const plan = planOf();
    const { state, decision } = begin(plan);
    expect(state).toEqual({ kind: 'holding', isExtended: false, step: 0, heldMs: 0, requests: 0, decisions: 1 });
    expect(decision).toEqual({
      action: 'start',
      reason: "step 1 of 3 (5 %) begins: 'fraud' goes over from version 3 to version 4",
    });
    expect(trafficOf(plan, state)).toEqual({ kind: 'split', canaryPercent: 5, isClosed: false });
  });

  it('goes through its steps while canary is fine, and is promoted at the end', () => {
    const fine = { ...MINUTE, verdict: FINE };
    const plan = planOf();
    const { state, said } = played(plan, [{ ...fine, elapsedMs: 59_999 }, { ...fine, elapsedMs: 1 }, fine, fine]);
    expect(said).toEqual([
      undefined,
      'advance: step 2 of 3 (50 %) begins: no worse in anything',
      'advance: step 3 of 3 (100 %) begins: no worse in anything',
      'promote: no worse in anything',
    ]);
    expect(trafficOf(plan, state)).toEqual({ kind: 'promote' });
    const moved = next(plan, state, { ...QUIET, promotion: { kind: 'moved' } });
    expect([moved.state.kind, moved.decision?.reason]).toEqual(['done', "'fraud' stands for version 4 now"]);
    expect(trafficOf(plan, moved.state)).toEqual({ kind: 'none' });
    const refused = next(plan, state, { ...QUIET, promotion: { kind: 'refused', why: 'it is not ready' } });
    expect([refused.state.kind, refused.decision?.reason]).toEqual([
      'rolled_back',
      "the label 'stable' cannot move to version 4: it is not ready",
    ]);
  });

  it('is rolled back at once where canary is worse, whatever else is asked', () => {
    const { state, said } = played(planOf(), [
      { elapsedMs: 1, verdict: WORSE, ...command('promote') },
      command('resume'),
    ]);
    expect(state).toMatchObject({ kind: 'rolled_back', step: 0, heldMs: 1 });
    expect(said).toEqual([
      "the rollout of 'fraud' to version 4 is over: rolled back",
      "the rollout of 'fraud' to version 4 is over: rolled back",
    ]);
    const { decision } = next(planOf(), begin(planOf()).state, { ...QUIET, verdict: WORSE });
    expect(decision).toEqual({ action: 'roll_back', reason: 'version 4 against version 3: errors are worse: 9 of 40' });
  });

  it('is rolled back while it is paused or waits for approval, too', () => {
    expect(played(planOf(), [command('pause'), { verdict: WORSE }]).state.kind).toBe('rolled_back');
    const plan = planOf({ steps: [{ weight: 5, needsApproval: true }, 100] });
    expect(played(plan, [{ verdict: WORSE }]).state.kind).toBe('rolled_back');
  });

  it('is held for longer while nothing certain is known, then does as it was told', () => {
    const waits = [MINUTE, MINUTE, { elapsedMs: 240_000, requests: 1 }];
    const open = 'nothing certain is known after 6m in step 1 of 3 (5 %): errors: 2 of 40';
    const ends = (['pause', 'rollback', 'proceed'] as const).map((onInconclusive) => {
      const { state, said } = played(planOf({ onInconclusive }), waits);
      expect(said.slice(0, 2)).toEqual([
        'hold_on: step 1 of 3 (5 %) is held for up to 5m more: errors: 2 of 40',
        undefined,
      ]);
      return [state.kind, state.step, said[2]];
    });
    expect(ends).toEqual([
      ['paused', 0, `pause: ${open}`],
      ['rolled_back', 0, `roll_back: ${open}`],
      ['holding', 1, `advance: step 2 of 3 (50 %) begins: ${open}`],
    ]);
  });

  it('is held for longer while canary has had too few requests', () => {
    const { said } = played(planOf(), [
      { elapsedMs: 60_000, requests: 9, verdict: FINE },
      { requests: 1, verdict: FINE },
    ]);
    expect(said).toEqual([
      'hold_on: step 1 of 3 (5 %) is held for up to 5m more: version 4 has had 9 of the 10 requests that it is to have',
      'advance: step 2 of 3 (50 %) begins: no worse in anything',
    ]);
  });

  it('counts no time while a version is being loaded', () => {
    const coming = { kind: 'coming' } as const;
    const { state } = played(planOf(), [
      { ...MINUTE, canary: coming },
      { ...MINUTE, stable: coming },
      { elapsedMs: 5 },
    ]);
    expect(state).toMatchObject({ kind: 'holding', heldMs: 5, requests: 20 });
  });

  it('is rolled back where canary is gone, and paused where stable is', () => {
    const gone = { kind: 'gone', why: 'it was unloaded' } as const;
    expect(played(planOf(), [{ canary: gone, stable: gone }]).said).toEqual([
      'roll_back: version 4 does not serve any more: it was unloaded',
    ]);
    const { state, said } = played(planOf(), [{ stable: gone }, { stable: gone }]);
    expect(state).toMatchObject({ kind: 'paused', cause: 'stable_gone', step: 0 });
    expect(said).toEqual([
      'pause: version 3, which it is compared with, does not serve any more: it was unloaded',
      undefined,
    ]);
  });
});

describe('what people ask of a rollout', () => {
  it('is approved before a step and before it is promoted, where the plan says so', () => {
    const plan = planOf({ steps: [5, { weight: 100, needsApproval: true }], promotionNeedsApproval: true });
    const fine = { ...MINUTE, verdict: FINE };
    const { state, said } = played(plan, [fine, fine, command('approve'), fine, command('approve', 'looks good')]);
    expect(said).toEqual([
      'await_approval: step 2 of 2 (100 %) waits for approval: no worse in anything',
      undefined,
      'approve: step 2 of 2 (100 %) begins: approved by ada',
      'await_approval: the promotion of version 4 waits for approval: no worse in anything',
      'approve: approved by ada: looks good',
    ]);
    expect(state.kind).toBe('promoting');
  });

  it('gives canary nothing before a first step that has to be approved', () => {
    const plan = planOf({ steps: [{ weight: 5, needsApproval: true }, 100] });
    const { state, decision } = begin(plan);
    expect(decision.reason).toBe("'fraud' goes over from version 3 to version 4, once it is approved");
    expect(trafficOf(plan, state)).toEqual({ kind: 'split', canaryPercent: 0, isClosed: false });
    expect(sayPhase(plan, state)).toBe('step 1 of 2 (5 %) waits for approval');
    expect(played(plan, [command('approve')]).state).toMatchObject({ kind: 'holding', step: 0 });
  });

  it('is paused and resumed within its step', () => {
    const { state, said } = played(planOf(), [{ elapsedMs: 7, ...command('pause') }, MINUTE, command('resume')]);
    expect(said).toEqual(['pause: paused by ada', undefined, 'resume: resumed by ada']);
    expect(state).toMatchObject({ kind: 'holding', step: 0, heldMs: 7, requests: 10 });
  });

  it('goes on or is held once more after a pause for want of certainty', () => {
    const waits = [MINUTE, { elapsedMs: 300_000 }];
    expect(played(planOf(), [...waits, command('approve')]).state).toMatchObject({ kind: 'holding', step: 1 });
    expect(played(planOf(), [...waits, command('resume')]).state).toMatchObject({
      kind: 'holding',
      step: 0,
      heldMs: 0,
    });
  });

  it('is promoted or aborted at once', () => {
    expect(played(planOf(), [command('promote')]).state).toMatchObject({ kind: 'promoting', step: 0 });
    expect(played(planOf(), [command('abort', 'wrong version')])).toMatchObject({
      state: { kind: 'aborted' },
      said: ['abort: aborted by ada: wrong version'],
    });
  });

  it('is possible where it would not be refused', () => {
    const plan = planOf();
    const states = [[], [command('pause')], [MINUTE, { elapsedMs: 300_000 }], [command('promote')], [command('abort')]];
    expect(states.map((steps) => possibleCommands(plan, played(plan, steps).state))).toEqual([
      ['pause', 'promote', 'abort'],
      ['resume', 'promote', 'abort'],
      ['approve', 'resume', 'promote', 'abort'],
      [],
      [],
    ]);
  });

  it('is refused where it cannot be done now', () => {
    const held = 'step 1 of 3 (5 %) is being held';
    const { said } = played(planOf(), [
      command('approve'),
      command('resume'),
      command('pause'),
      command('pause'),
      command('approve'),
      command('promote'),
      command('abort'),
    ]);
    expect(said.filter((_, index) => index !== 2 && index !== 5)).toEqual([
      `nothing waits for approval: ${held}`,
      `it is not paused: ${held}`,
      'there is nothing to pause: step 1 of 3 (5 %) is paused',
      'nothing waits for approval: step 1 of 3 (5 %) is paused',
      'version 4 is being promoted',
    ]);
  });
});

it('says what happens next', () => {
  const plan = planOf();
  const states: readonly RolloutState[] = [
    begin(plan).state,
    played(plan, [{ elapsedMs: 50_000, requests: 10 }]).state,
    played(plan, [{ elapsedMs: 60_000, requests: 4 }]).state,
    played(plan, [MINUTE]).state,
    played(plan, [command('pause')]).state,
    played(plan, [MINUTE, { elapsedMs: 300_000 }]).state,
    played(plan, [command('promote')]).state,
    played(plan, [command('abort')]).state,
  ];
  const known = 'once version 4 is known to be no worse; if that is not known after';
  expect(states.map((state) => sayNext(plan, state))).toEqual([
    `step 2 of 3 (50 %) in 1m and after 10 more requests of version 4, ${known} 6m, it is paused`,
    `step 2 of 3 (50 %) in 10s, ${known} 5m10s, it is paused`,
    `step 2 of 3 (50 %) after 6 more requests of version 4, ${known} 5m, it is paused`,
    `step 2 of 3 (50 %) ${known} 5m, it is paused`,
    'the step goes on once it is resumed',
    'step 2 of 3 (50 %) once somebody approves it, or the step is held again once it is resumed',
    "the label 'stable' moves to version 4",
    'nothing: it is over',
  ]);
});

it('a sticky rollout closes canary to further users only while a person has to decide on what is inconclusive', () => {
  const plan = planOf();
  const undecided = played(plan, [MINUTE, { elapsedMs: 300_000 }]).state;
  const approved = next(plan, undecided, { ...QUIET, ...command('approve') }).state;
  const states = [undecided, approved, played(plan, [command('pause')]).state, played(plan, [MINUTE]).state];
  expect(states.map((state) => trafficOf(plan, state))).toEqual([
    { kind: 'split', canaryPercent: 5, isClosed: true },
    { kind: 'split', canaryPercent: 50, isClosed: false },
    { kind: 'split', canaryPercent: 5, isClosed: false },
    { kind: 'split', canaryPercent: 5, isClosed: false },
  ]);
  expect(sayNext(plan, undecided, true)).toBe(
    'step 2 of 3 (50 %) once somebody approves it, or the step is held again once it is resumed; until then no further user gets version 4',
  );
});
