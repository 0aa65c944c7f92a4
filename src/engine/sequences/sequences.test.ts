import { describe, expect, it } from 'vitest';
import { call, callOf, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import { principalWith } from '../../../test/support/principals.js';
import { createSchedulerFixture, type FixtureOptions } from '../../../test/support/scheduler-fixture.js';
import { MillraceError, type Principal } from '../../core/index.js';
import type { ItemSequence } from '../../runtimes/index.js';
import type { SequenceLimits } from './sequence.js';

const LIMITS: SequenceLimits = {
  slotsPerInstance: 4,
  maxPerPrincipal: 100,
  maxIdleMs: 1_000,
  minSlotUtilization: undefined,
  idInput: undefined,
};

type Flags = { readonly start?: boolean; readonly end?: boolean; readonly rows?: number; readonly by?: Principal };

const ALICE = principalWith('alice');
const BOB = principalWith('bob');

function createFixture(sequences: Partial<SequenceLimits> = {}, options: FixtureOptions = {}) {
  const fixture = createSchedulerFixture({
    description: { ...IDENTITY, stateful: true },
    ...options,
    limits: { prefetchBelowMs: 1_000, ...options.limits, sequences: { ...LIMITS, ...sequences } },
  });
  const send = (id: string | bigint, value: number, { start = false, end = false, rows = 1, by }: Flags = {}) => {
    const outcome = new Outcome();
    const sent = { outcome, call: by === undefined ? call() : callOf(by) };
    const step = request(value, { rows, sequence: { id, start, end } });
    fixture.scheduler.submit({ request: step, call: sent.call, sink: outcome });
    return sent;
  };
  /** What each instance was given, batch by batch: `id@slot` with `+` for a start and `.` for an end. */
  const given = (instance = 0) =>
    fixture.instances[instance]?.given.map(({ batch }) => batch.items.map(({ sequence }) => spell(sequence)).join(' '));
  const finish = async (instance = 0) => {
    fixture.instances[instance]?.running?.finish();
    await fixture.clock.flush();
  };
  return { ...fixture, send, given, finish };
}

function spell(sequence: ItemSequence | undefined): string {
  if (sequence === undefined) return '-';
  return `${sequence.id}@${sequence.slot}${sequence.start ? '+' : ''}${sequence.end ? '.' : ''}`;
}

describe('a scheduler of sequences', () => {
  it('keeps the order of a sequence, one request at a time, and batches across sequences', async () => {
    const { send, given, finish, clock } = createFixture();
    const first = [send(1n, 1, { start: true }), send(1n, 2), send(1n, 3, { end: true })];
    const second = [send('1', 10, { start: true }), send('1', 20, { end: true })];
    await clock.flush();
    expect(given()).toEqual(['1@0+ 1@1+']);
    await finish();
    await finish();
    await finish();
    expect(given()).toEqual(['1@0+ 1@1+', '1@0 1@1.', '1@0.']);
    expect(first.map(({ outcome }) => outcome.values)).toEqual([[1], [2], [3]]);
    expect(second.map(({ outcome }) => outcome.values)).toEqual([[10], [20]]);
  });

  it('gives each owner sequences of its own, and the model the id as it was sent', async () => {
    const { send, given, finish, clock } = createFixture();
    const NOT_RUNNING = "sequence 7 of model 'm/1' is not running: its first request must say sequence_start";
    send(7n, 1, { start: true, by: ALICE });
    await clock.flush();
    await finish();
    const wrong = [send(7n, 2, { by: BOB }), send(7n, 2, { end: true, by: BOB })];
    expect(wrong.map(({ outcome }) => outcome.error?.message)).toEqual([NOT_RUNNING, NOT_RUNNING]);
    send(7n, 3, { start: true, by: BOB });
    send(7n, 4, { by: ALICE });
    await clock.flush();
    await finish();
    send(7n, 5, { end: true, by: BOB });
    const last = send(7n, 6, { end: true, by: ALICE });
    await clock.flush();
    await finish();
    expect(given()).toEqual(['7@0+', '7@1+ 7@0', '7@1. 7@0.']);
    expect(last.outcome.kind).toBe('ok');
  });

  it('refuses a principal more sequences than one may have, and takes those of others', async () => {
    const { send, finish, clock } = createFixture({ slotsPerInstance: 4, maxPerPrincipal: 2 });
    for (const id of [1n, 2n]) send(id, 1, { start: true, by: BOB });
    const { error } = send(3n, 1, { start: true, by: BOB }).outcome;
    expect(error).toMatchObject({
      code: 'quota_exceeded',
      retryAfterMs: 1_000,
      message:
        "principal 'bob' has 2 sequences of model 'm/1', the most that one principal may have " +
        '(sequenceBatching.maxSequencesPerPrincipal): end one, or let one idle for 1000 ms',
    });
    const taken = [send(3n, 1, { start: true, by: ALICE }), send(1n, 2, { start: true, end: true, by: BOB })];
    await clock.flush();
    await finish();
    await finish();
    taken.push(send(3n, 3, { start: true, by: BOB }));
    await clock.flush();
    await finish();
    expect(taken.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok']);
  });

  it('counts neither lost sequences nor those of callers without a credential against that', async () => {
    const { send, finish, clock, instances } = createFixture({ maxPerPrincipal: 1 });
    const open = [send(1n, 1, { start: true }), send(2n, 1, { start: true }), send(1n, 1, { start: true, by: BOB })];
    await clock.flush();
    await finish();
    expect(open.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok']);
    instances[0]?.die('signal SIGKILL');
    await clock.flush();
    await clock.advance(100);
    const again = send(2n, 1, { start: true, by: BOB });
    await clock.flush();
    await finish(1);
    expect(again.outcome.kind).toBe('ok');
  });

  it('goes on with nothing that was to be started again and was not', async () => {
    const { send, finish, clock } = createFixture();
    const first = send(1n, 1, { start: true });
    await clock.flush();
    const again = send(1n, 2, { start: true });
    again.call.cancel(new MillraceError('cancelled', 'the client left'));
    const next = send(1n, 3);
    await finish();
    expect([first.outcome.kind, again.outcome.kind]).toEqual(['ok', 'cancelled']);
    expect(next.outcome.error?.message).toBe(
      "sequence 1 of model 'm/1' is not running: its first request must say sequence_start",
    );
  });

  it('answers in order of the runs where asked to, whoever waits for a place', async () => {
    const { send, finish, clock } = createFixture({ slotsPerInstance: 1 }, { limits: { preserveOrder: true } });
    send(1n, 1, { start: true });
    await clock.flush();
    await finish();
    const waiting = send(2n, 10, { start: true, end: true });
    const last = send(1n, 2, { end: true });
    await clock.flush();
    await finish();
    expect([last.outcome.kind, waiting.outcome.kind]).toEqual(['ok', 'pending']);
    await finish();
    expect(waiting.outcome.kind).toBe('ok');
  });

  it.each([
    ['no sequence', undefined, {}, "model 'm/1' keeps sequences: a request needs a sequence_id other than 0 and ''"],
    ['two rows', 7n, { start: true, rows: 2 }, "model 'm/1' keeps sequences: a request has one row, got 2"],
    [
      'an unknown sequence',
      7n,
      {},
      "sequence 7 of model 'm/1' is not running: its first request must say sequence_start",
    ],
    [
      'an unknown sequence that ends',
      'seven',
      { end: true },
      "sequence 'seven' of model 'm/1' is not running: its first request must say sequence_start",
    ],
    ['a long id', 'x'.repeat(129), { start: true }, 'a sequence_id has at most 128 characters, got 129'],
    [
      'a number over 64 bits',
      2n ** 64n,
      { start: true },
      'a sequence_id is between 0 and 18446744073709551615, got 18446744073709551616',
    ],
  ])('refuses %s', (_what, id, flags, message) => {
    const { scheduler, send } = createFixture();
    const outcome = new Outcome();
    if (id === undefined) scheduler.submit({ request: request(1), call: call(), sink: outcome });
    const { error } = id === undefined ? outcome : send(id, 1, flags).outcome;
    expect(error).toMatchObject({ code: 'invalid_argument', message });
  });

  it.each([
    ['UINT64', 'seven', "model 'm/1' takes the sequence_id as UINT64 (input 'CORRID'), got text"],
    [
      'INT32',
      2n ** 31n,
      "model 'm/1' takes the sequence_id as INT32 (input 'CORRID'), got 2147483648, which is over 2147483647",
    ],
  ] as const)('refuses an id that does not fit the model (%s)', (datatype, id, message) => {
    const { send } = createFixture({ idInput: { name: 'CORRID', datatype } });
    expect(send(id, 1, { start: true }).outcome.error).toMatchObject({ code: 'invalid_argument', message });
  });

  it('refuses to go on after the end, also before the last request has run', async () => {
    const { send, clock, finish } = createFixture();
    send(7n, 1, { start: true, end: true });
    const message = "sequence 7 of model 'm/1' is not running: its first request must say sequence_start";
    expect(send(7n, 2).outcome.error?.message).toBe(message);
    await clock.flush();
    await finish();
    expect(send(7n, 2).outcome.error?.message).toBe(message);
  });

  it('starts again in the same place, behind what the sequence has waiting', async () => {
    const { send, given, finish, clock } = createFixture();
    send(7n, 1, { start: true });
    send(7n, 2, { end: true });
    send(7n, 3, { start: true });
    await clock.flush();
    for (let step = 0; step < 3; step++) await finish();
    expect(given()).toEqual(['7@0+', '7@0.', '7@0+']);
  });

  it('lets sequences wait for a place, in the order in which they came', async () => {
    const { send, given, finish, clock, scheduler } = createFixture({ slotsPerInstance: 2 });
    for (const id of [1n, 2n, 3n, 4n]) send(id, Number(id), { start: true });
    await clock.flush();
    expect(scheduler.sequences).toMatchObject({ active: 4, waiting: 2 });
    await finish();
    send(2n, 5, { end: true });
    await clock.flush();
    await finish();
    expect(given()).toEqual(['1@0+ 2@1+', '2@1.', '3@1+']);
    expect(scheduler.sequences).toMatchObject({ active: 3, waiting: 1 });
  });

  it('frees the place of an idle sequence, and forgets the sequence', async () => {
    const { send, given, finish, clock } = createFixture({ slotsPerInstance: 1 });
    send(1n, 1, { start: true });
    await clock.flush();
    await finish();
    send(2n, 2, { start: true });
    await clock.advance(999);
    expect(given()).toEqual(['1@0+']);
    await clock.advance(1);
    expect(given()).toEqual(['1@0+', '2@0+']);
    expect(send(1n, 3).outcome.error?.message).toContain('is not running');
  });

  it('counts idleness from the last request on, and not while one waits or runs', async () => {
    const { send, given, finish, clock } = createFixture();
    send(1n, 1, { start: true });
    await clock.advance(5_000);
    await finish();
    await clock.advance(700);
    send(1n, 2);
    await clock.flush();
    await finish();
    await clock.advance(700);
    send(1n, 3);
    await clock.flush();
    expect(given()).toEqual(['1@0+', '1@0', '1@0']);
  });

  it('spreads sequences over the instances and keeps each where its state is', async () => {
    const { send, given, finish, clock } = createFixture({}, { instances: 2 });
    for (const id of [1n, 2n, 3n]) send(id, Number(id), { start: true });
    await clock.flush();
    expect([given(0), given(1)]).toEqual([['1@0+ 3@1+'], ['2@0+']]);
    await finish(1);
    send(1n, 4);
    send(3n, 5);
    await clock.flush();
    expect(given(1)).toEqual(['2@0+']);
    await finish(0);
    expect(given(0)).toEqual(['1@0+ 3@1+', '1@0 3@1']);
  });

  it('goes on with the state before a step that failed or was cancelled', async () => {
    const { send, given, finish, clock, instance } = createFixture();
    send(1n, 1, { start: true });
    const failed = send(1n, 2);
    const cancelled = send(1n, 3);
    const last = send(1n, 4);
    await clock.flush();
    await finish();
    instance().running?.finishWithItemError(instance().running?.batch.items[0]?.callId ?? 0, 'refused');
    cancelled.call.cancel(new MillraceError('cancelled', 'the client left'));
    await clock.flush();
    await finish();
    expect([failed, cancelled, last].map(({ outcome }) => outcome.kind)).toEqual(['internal', 'cancelled', 'ok']);
    expect(given()).toEqual(['1@0+', '1@0', '1@0']);
  });

  it('runs the members of a batch that failed as a whole again, each by itself and before what follows', async () => {
    const { send, given, finish, clock, instance } = createFixture();
    send(1n, 1, { start: true });
    send(2n, 2, { start: true });
    send(1n, 3);
    await clock.flush();
    instance().running?.fail(new MillraceError('internal', 'the graph raised'));
    await clock.flush();
    await finish();
    await finish();
    await finish();
    expect(given()).toEqual(['1@0+ 2@1+', '1@0+', '2@1+', '1@0']);
  });

  it('ends what follows a start that did not succeed, up to the next start', async () => {
    const { send, given, finish, clock, instance } = createFixture();
    const steps = [send(1n, 1, { start: true }), send(1n, 2), send(1n, 3, { start: true }), send(1n, 4)];
    await clock.flush();
    instance().running?.fail(new MillraceError('internal', 'the graph raised'));
    await clock.flush();
    await finish();
    await finish();
    expect(steps.map(({ outcome }) => outcome.kind)).toEqual(['internal', 'failed_precondition', 'ok', 'ok']);
    expect(steps[1]?.outcome.error?.message).toBe(
      "the request that started sequence 1 of model 'm/1' did not succeed; start it again",
    );
    expect(given()).toEqual(['1@0+', '1@0+', '1@0']);
  });

  it('forgets a sequence whose only start was cancelled, and gives its place away', async () => {
    const { send, given, clock, finish } = createFixture({ slotsPerInstance: 1 });
    send(1n, 1, { start: true });
    await clock.flush();
    const start = send(2n, 2, { start: true });
    const follower = send(2n, 3);
    start.call.cancel(new MillraceError('cancelled', 'the client left'));
    await clock.flush();
    expect(follower.outcome.kind).toBe('failed_precondition');
    expect(send(2n, 3).outcome.error?.message).toContain('is not running');
    send(3n, 4, { start: true });
    send(1n, 5, { end: true });
    await clock.flush();
    await finish();
    await finish();
    expect(given()).toEqual(['1@0+', '1@0.', '3@0+']);
  });

  it('a last step that was cancelled ends its sequence all the same', async () => {
    const { send, clock, finish, scheduler } = createFixture();
    send(1n, 1, { start: true });
    await clock.flush();
    const last = send(1n, 2, { end: true });
    last.call.cancel(new MillraceError('cancelled', 'the client left'));
    await finish();
    expect(scheduler.sequences).toMatchObject({ active: 0, waiting: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('a dead runner takes its sequences with it, and says so to whoever goes on', async () => {
    const { send, given, clock, instance, scheduler, budget } = createFixture({ slotsPerInstance: 2 });
    const steps = [send(1n, 1, { start: true }), send(1n, 2), send('b', 3, { start: true })];
    const waiting = send(3n, 4, { start: true });
    await clock.flush();
    instance().die('signal SIGKILL');
    await clock.flush();
    const lost = "sequence 1 of model 'm/1' was lost when its runner died; start it again";
    expect(steps.map(({ outcome }) => outcome.error)).toMatchObject([
      { code: 'unavailable', message: lost },
      { code: 'unavailable', message: lost },
      { code: 'unavailable', message: lost.replace('1', "'b'") },
    ]);
    expect(send(1n, 5).outcome.error?.message).toBe(lost);
    expect(waiting.outcome.kind).toBe('pending');
    send(1n, 6, { start: true });
    await clock.advance(100);
    expect(given(1)).toEqual(['3@0+ 1@1+']);
    instance().running?.finish();
    await clock.advance(1_000);
    expect(send('b', 7).outcome.error?.message).toContain('is not running');
    expect(scheduler.sequences?.active).toBe(0);
    expect(budget.usedBytes).toBe(0);
  });

  it('direct scheduling waits for a share of its places, and no longer than its delay', async () => {
    const batching = { batching: true, maxRows: 4, preferredSizes: [], maxDelayMs: 50 };
    const { send, given, clock, finish } = createFixture({ minSlotUtilization: 0.5 }, { limits: { batching } });
    send(1n, 1, { start: true });
    await clock.advance(49);
    expect(given()).toEqual([]);
    send(2n, 2, { start: true });
    await clock.flush();
    expect(given()).toEqual(['1@0+ 2@1+']);
    await finish();
    send(1n, 3);
    await clock.advance(49);
    expect(given()).toHaveLength(1);
    await clock.advance(1);
    expect(given()).toEqual(['1@0+ 2@1+', '1@0']);
  });

  it('leaves no request in the queue when it is aborted', async () => {
    const { send, clock, scheduler } = createFixture({ slotsPerInstance: 1 });
    const steps = [send(1n, 1, { start: true }), send(1n, 2), send(2n, 3, { start: true })];
    await clock.flush();
    scheduler.abort(new MillraceError('unavailable', 'closed'));
    expect(steps.map(({ outcome }) => outcome.kind)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(scheduler.sequences).toMatchObject({ active: 0, waiting: 0 });
  });
});
