import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchRecord } from '../../test/support/batches.js';
import type { BatchRecord } from '../store/index.js';
import { afterEvent, type BatchEvent, endingOf, hasEnded } from './machine.js';

const AT = { nowMs: 1_000, keepMs: 500 };
const EVENTS: readonly BatchEvent[] = [
  { kind: 'validated', total: 3 },
  { kind: 'invalid', problems: [{ code: 'empty_file', message: 'm', line: undefined, param: undefined }] },
  { kind: 'ran' },
  { kind: 'expired' },
  { kind: 'cancelled' },
  { kind: 'finalized', outputFile: 'file-1', errorFile: undefined },
];
const event = (kind: BatchEvent['kind']) => EVENTS.find((each) => each.kind === kind) as BatchEvent;

/** The states that a batch enters with these events, and what is left of it. */
function play(...kinds: readonly BatchEvent['kind'][]) {
  let batch: BatchRecord = batchRecord();
  const states: string[] = [batch.state];
  for (const kind of kinds) {
    const next = afterEvent(batch, event(kind), AT);
    if (next !== undefined) batch = next;
    states.push(next === undefined ? '-' : batch.state);
  }
  return { batch, states };
}

describe('a batch', () => {
  it('is validated, runs, and becomes files', () => {
    const { batch, states } = play('validated', 'ran', 'finalized');
    expect(states).toEqual(['validating', 'in_progress', 'finalizing', 'completed']);
    expect(batch).toMatchObject({
      times: { in_progress: 1_000, finalizing: 1_000, completed: 1_000 },
      outputFile: 'file-1',
      removeAtMs: 1_500,
      checkpoint: { total: 3 },
    });
  });

  it('fails with the problems of its file', () => {
    const { batch, states } = play('invalid');
    expect(states).toEqual(['validating', 'failed']);
    expect(batch.problems).toHaveLength(1);
  });

  it.each([
    ['while it is validated', ['cancelled'], ['validating', 'cancelled'], undefined],
    ['while it runs', ['validated', 'cancelled'], ['validating', 'in_progress', 'cancelling'], 'cancelled'],
    ['once it has run', ['validated', 'ran', 'cancelled'], ['validating', 'in_progress', 'finalizing', '-'], undefined],
    ['twice', ['validated', 'cancelled', 'cancelled'], ['validating', 'in_progress', 'cancelling', '-'], 'cancelled'],
  ] as const)('is cancelled %s', (_when, kinds, states, ending) => {
    const played = play(...kinds);
    expect(played.states).toEqual(states);
    expect(endingOf(played.batch)).toBe(ending);
  });

  it('that is cancelled while it is validated has been cancelling, too', () => {
    expect(play('cancelled').batch.times).toEqual({ cancelling: 1_000, cancelled: 1_000 });
  });

  it.each([
    ['while it is validated', ['expired'], ['validating', 'expired'], 'expired'],
    ['while it runs', ['validated', 'expired'], ['validating', 'in_progress', 'finalizing'], 'expired'],
    [
      'not while it is cancelled',
      ['validated', 'cancelled', 'expired'],
      ['validating', 'in_progress', 'cancelling', '-'],
      'cancelled',
    ],
  ] as const)('expires %s', (_when, kinds, states, ending) => {
    const played = play(...kinds);
    expect(played.states).toEqual(states);
    expect(endingOf(played.batch)).toBe(ending);
  });

  it('that has expired ends so, with what was answered', () => {
    const { batch, states } = play('validated', 'expired', 'ran', 'finalized');
    expect(states).toEqual(['validating', 'in_progress', 'finalizing', '-', 'expired']);
    expect(batch.outputFile).toBe('file-1');
  });
});

it('a batch that has ended never changes, and is removed in the end; all others have no such time', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 12 }), (events) => {
      let batch: BatchRecord = batchRecord();
      for (const each of events) {
        const next = afterEvent(batch, each, AT);
        if (hasEnded(batch)) expect(next).toBeUndefined();
        batch = next ?? batch;
        expect(batch.removeAtMs !== undefined).toBe(hasEnded(batch));
        if (batch.state !== 'validating') expect(batch.times[batch.state]).toBe(1_000);
      }
    }),
  );
});
