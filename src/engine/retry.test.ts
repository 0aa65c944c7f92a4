import { describe, expect, it } from 'vitest';
import { planRetries } from './retry.js';
import type { SchedulerLimits } from './scheduler-limits.js';

const PURE = { pure: true, sequences: undefined, concurrency: 1 };
const IMPURE = { ...PURE, pure: false };
const STATEFUL: Pick<SchedulerLimits, 'pure' | 'sequences' | 'concurrency'> = {
  ...PURE,
  sequences: { maxSequences: 4, idleTimeoutMs: 1_000, strategy: 'direct' } as never,
};
const STARTED = { started: true };
const WAITING = { started: false };

const member = (name: string, { ended = false, responses = 0, kills = 0 } = {}) => ({
  name,
  ended,
  responses,
  kills,
  movesOn: true,
});
const batch = (...members: readonly ReturnType<typeof member>[]) => ({ members, overdue: false });
const namesOf = (members: readonly { readonly name: string }[]) => members.map(({ name }) => name);

describe('a batch that failed while its runner lives', () => {
  it('runs its members again, but for those that have ended or were answered in part', () => {
    const run = batch(member('a'), member('b', { ended: true }), member('c', { responses: 1 }), member('d'));
    expect(namesOf(planRetries(run, undefined, PURE))).toEqual(['a', 'd']);
    expect(run.members.map(({ kills }) => kills)).toEqual([0, 0, 0, 0]);
  });

  it('is not run again where it has one member, or its model is not pure', () => {
    expect(planRetries(batch(member('a')), undefined, PURE)).toEqual([]);
    expect(planRetries(batch(member('a'), member('b')), undefined, IMPURE)).toEqual([]);
  });
});

describe('a batch whose runner died', () => {
  it('runs at another model as well, unless it has one member, which may have brought the runner down', () => {
    const [one, several] = [batch(member('a')), batch(member('b'), member('c'))];
    for (const run of [one, several]) planRetries(run, STARTED, PURE);
    expect([...one.members, ...several.members].map(({ movesOn }) => movesOn)).toEqual([false, true, true]);
  });

  it('runs again as a whole if it had not started, of a model that is not pure as well', () => {
    const run = batch(member('a'), member('b', { ended: true }));
    expect(namesOf(planRetries(run, WAITING, IMPURE))).toEqual(['a']);
    expect(run.members.map(({ kills }) => kills)).toEqual([0, 0]);
  });

  it('counts the death against each member that waits, and runs those again that have no answer yet', () => {
    const run = batch(
      member('a'),
      member('b', { responses: 2 }),
      member('c', { ended: true }),
      member('d', { kills: 1 }),
    );
    expect(namesOf(planRetries(run, STARTED, PURE))).toEqual(['a']);
    expect(run.members.map(({ kills }) => kills)).toEqual([1, 1, 0, 2]);
  });

  it('is not run again if its model is not pure', () => {
    expect(planRetries(batch(member('a'), member('b')), STARTED, IMPURE)).toEqual([]);
  });

  it.each([
    ['started', STARTED],
    ['had not started', WAITING],
  ])('never repeats steps of sequences, if it %s', (_, death) => {
    expect(planRetries(batch(member('a'), member('b')), death, STATEFUL)).toEqual([]);
  });

  it('is not run again if its only member took too long, or too much memory of a model that runs one at a time', () => {
    const overdue = { members: [member('a')], overdue: true };
    expect(planRetries(overdue, STARTED, PURE)).toEqual([]);
    const overMemory = { started: true, overMemory: true };
    expect(planRetries(batch(member('a')), overMemory, PURE)).toEqual([]);
    expect(namesOf(planRetries(batch(member('a')), overMemory, { ...PURE, concurrency: 2 }))).toEqual(['a']);
    expect(namesOf(planRetries({ ...batch(member('a'), member('b')), overdue: true }, STARTED, PURE))).toEqual([
      'a',
      'b',
    ]);
  });
});
