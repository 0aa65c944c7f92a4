import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import { openTestStore } from '../../../test/support/store.js';
import { Call, EventBus, hashText, MillraceError } from '../../core/index.js';
import type { ArmChoice } from '../../inference/arm-choice.js';
import { createRoutes, type RouteConfig } from '../../routing/index.js';
import type { NotedAnswer, OutcomeRecords } from '../../store/index.js';
import { AnswerNotes } from './answer-notes.js';

const OUTCOMES = { kind: 'binary', better: 'higher', windowMs: 10_000 } as const;
const CONFIG: RouteConfig = { arms: [{ model: 'm', version: 2, weight: 1 }], fallback: [], rules: [] };

let clock: FakeClock;
let records: OutcomeRecords;
let missing: NotedAnswer[];
let messages: string[];
beforeEach(async () => {
  clock = new FakeClock();
  records = (await openTestStore()).outcomes;
  missing = [];
  messages = [];
});

function notesOf(): AnswerNotes {
  const events = new EventBus();
  events.subscribe('diagnostic', ({ message }) => messages.push(message));
  return new AnswerNotes({ records, clock, events, onMissing: (answers) => missing.push(...answers) });
}

function choiceOf(outcomes: RouteConfig['outcomes'], dealt: Partial<ArmChoice> = {}): ArmChoice {
  const [route] = createRoutes({ r: { ...CONFIG, ...(outcomes && { outcomes }) } }).routes;
  const [arm] = route?.arms ?? [];
  if (route === undefined || arm === undefined) throw new Error('the route is wrong');
  // The notes about a version.
  const info = { ref: { name: 'm', version: 2, generation: 1 } } as ArmChoice['info'];
  return { route, arm, info, isDealt: true, key: undefined, ...dealt };
}

function callOf(requestId: string, callers: readonly string[] = []): Call {
  const principal = principalWith('p');
  return new Call({ requestId, principal, callers, trace: undefined, deadlineAt: 1e9, receivedAt: 0 });
}

const answer = (notes: AnswerNotes, id: string, outcomes: RouteConfig['outcomes'] = OUTCOMES) =>
  notes.began(choiceOf(outcomes), callOf(id))?.onEnd(undefined);

describe('answers of a route that collects outcomes', () => {
  it('are noted together, a moment later', async () => {
    const notes = notesOf();
    for (const id of ['a', 'b', 'c']) answer(notes, id);
    expect(await records.find('p', 'a')).toBeUndefined();
    await clock.advance(100);
    await notes.flush();
    const answeredAtMs = clock.wallNow() - 100;
    const expected = {
      requestId: 'b',
      route: 'r',
      arm: '2',
      model: 'm',
      version: 2,
      share: 1,
      answeredAtMs,
      value: undefined,
    };
    expect(await records.find('p', 'b')).toMatchObject({ ...expected, expiresAtMs: answeredAtMs + 10_000 });
    expect((await records.ofRoute('r'))[0]).toMatchObject({ answers: 3, outcomes: 0 });
  });

  it('are noted with the key that was dealt to the arm, and with no share where nothing is', async () => {
    const notes = notesOf();
    notes.began(choiceOf(OUTCOMES, { key: 'user-7' }), callOf('dealt'))?.onEnd(undefined);
    notes.began(choiceOf(OUTCOMES, { isDealt: false }), callOf('moved'))?.onEnd(undefined);
    expect(await notes.find('p', 'dealt')).toMatchObject({ share: 1, key: hashText('user-7').low });
    expect(await notes.find('p', 'moved')).toMatchObject({ share: undefined, key: undefined });
    const choice = choiceOf(OUTCOMES, { key: 'user-7' });
    const closed = { arm: '2', others: '1', keys: new Set<number>() };
    notes.began({ ...choice, route: { ...choice.route, closed } }, callOf('closed'))?.onEnd(undefined);
    expect(await notes.find('p', 'closed')).toMatchObject({ share: undefined });
  });

  it('are noted at once where one asks for them', async () => {
    const notes = notesOf();
    answer(notes, 'a');
    expect(await notes.find('p', 'a')).toMatchObject({ arm: '2' });
    expect(await notes.find('p', 'b')).toBeUndefined();
  });

  it('are not noted where they failed, are what models ask each other, or of another route', async () => {
    const notes = notesOf();
    notes.began(choiceOf(OUTCOMES), callOf('a'))?.onEnd(new MillraceError('internal', 'broken'));
    expect(notes.began(choiceOf(OUTCOMES), callOf('b', ['ensemble']))).toBeUndefined();
    expect(notes.began(choiceOf(undefined), callOf('c'))).toBeUndefined();
    await notes.flush();
    expect(await records.ofRoute('r')).toEqual([]);
  });

  it('are dropped and counted where they cannot be noted, which is said once', async () => {
    const failing = { ...records, note: () => Promise.reject(new MillraceError('unavailable', 'the disk is full')) };
    const events = new EventBus();
    events.subscribe('diagnostic', ({ message }) => messages.push(message));
    const notes = new AnswerNotes({ records: failing, clock, events, onMissing: () => undefined });
    for (let index = 0; index < 10_002; index++) answer(notes, String(index));
    expect(notes.dropped).toBe(2);
    await notes.flush();
    answer(notes, 'later');
    await notes.flush();
    expect([notes.dropped, messages]).toEqual([
      10_003,
      [
        'answers of routes that collect outcomes are not noted, and their outcomes will be refused: more than 10000 wait for the store',
      ],
    ]);
  });

  it('count as missing when their time is over, where the route says so', async () => {
    const notes = notesOf();
    answer(notes, 'told', { ...OUTCOMES, missing: 0 });
    answer(notes, 'silent', { ...OUTCOMES, missing: 0 });
    answer(notes, 'ignored');
    await notes.find('p', 'told');
    await records.join({ principal: 'p', requestId: 'told', value: 1, atMs: clock.wallNow() });
    await notes.expire();
    expect(missing).toEqual([]);
    await clock.advance(10_000);
    const late = { principal: 'p', requestId: 'silent', value: 1, atMs: clock.wallNow() };
    expect(await records.join(late)).toBe('unknown');
    await notes.expire();
    expect(missing.map(({ requestId }) => requestId)).toEqual(['silent']);
    expect(await records.ofRoute('r')).toMatchObject([{ answers: 3, outcomes: 2, mean: 0.5, squares: 0.5 }]);
    expect(await records.find('p', 'told')).toBeUndefined();
  });

  it('of an id that is used again: the last one counts, unless one was told of', async () => {
    const notes = notesOf();
    answer(notes, 'a');
    await notes.flush();
    await clock.advance(5_000);
    answer(notes, 'a');
    const again = await notes.find('p', 'a');
    expect(again?.answeredAtMs).toBe(clock.wallNow());
    expect(await records.join({ principal: 'p', requestId: 'a', value: 1, atMs: clock.wallNow() })).toBe('joined');
    answer(notes, 'a');
    await notes.flush();
    expect(await records.join({ principal: 'p', requestId: 'a', value: 1, atMs: clock.wallNow() })).toBe('used');
  });
});
