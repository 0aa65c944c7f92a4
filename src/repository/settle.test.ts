import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { SettleTracker, scanSettled } from './settle.js';
import type { Repository, RepositoryScan } from './types.js';

describe('SettleTracker', () => {
  it('takes old files for whole at once', () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock, 1_000);
    expect(tracker.judge('a', 'f', clock.wallNow() - 1_000).settlesInMs).toBe(0);
  });

  it('waits until young files are old enough', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock, 1_000);
    const writtenAt = clock.wallNow() - 300;
    expect(tracker.judge('a', 'f', writtenAt).settlesInMs).toBe(700);
    await clock.advance(700);
    expect(tracker.judge('a', 'f', writtenAt).settlesInMs).toBe(0);
  });

  it('starts anew with every change', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock, 1_000);
    expect(tracker.judge('a', 'f', clock.wallNow()).settlesInMs).toBe(1_000);
    await clock.advance(900);
    expect(tracker.judge('a', 'g', clock.wallNow()).settlesInMs).toBe(1_000);
  });

  it('judges files from the future by what it saw', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock, 1_000);
    const writtenAt = clock.wallNow() + 86_400_000;
    expect(tracker.judge('a', 'f', writtenAt).settlesInMs).toBe(1_000);
    await clock.advance(400);
    expect(tracker.judge('a', 'f', writtenAt).settlesInMs).toBe(600);
    await clock.advance(600);
    expect(tracker.judge('a', 'f', writtenAt).settlesInMs).toBe(0);
  });

  it('forgets what lay in a folder that is gone, and nothing else', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock, 1_000);
    const inFuture = clock.wallNow() + 60_000;
    const judge = (key: string) => tracker.judge(key, 'f', inFuture).known;
    for (const key of ['/uploads/a\nm\n1', '/uploads/b\nm\n1']) judge(key);
    await clock.advance(1_000);
    for (const key of ['/uploads/a\nm\n1', '/uploads/b\nm\n1']) expect(judge(key)).toBe(true);
    tracker.forget('/uploads/a');
    expect([judge('/uploads/a\nm\n1'), judge('/uploads/b\nm\n1')]).toEqual([false, true]);
  });

  it('waits for nothing when told so', () => {
    const clock = new FakeClock();
    expect(new SettleTracker(clock, 0).judge('a', 'f', clock.wallNow()).settlesInMs).toBe(0);
  });
});

describe('scanSettled', () => {
  const nothing: RepositoryScan = {
    sources: [],
    problems: [],
    unsettled: [],
    unselected: [],
    notices: [],
    unlisted: [],
    names: ['mlp'],
  };
  const unsettled: RepositoryScan = { ...nothing, unsettled: [{ name: 'mlp', version: 1, settlesInMs: 400 }] };

  function repositoryOf(...scans: RepositoryScan[]): Pick<Repository, 'scan'> {
    return {
      scan: async () => (scans.length > 1 ? (scans.shift() as RepositoryScan) : (scans[0] as RepositoryScan)),
    };
  }

  it('looks again when the unsettled versions should have settled', async () => {
    const clock = new FakeClock();
    const result = scanSettled(repositoryOf(unsettled, nothing), {}, { clock, maxWaitMs: 5_000 });
    await clock.advance(400);
    expect(await result).toBe(nothing);
  });

  it('gives up in time', async () => {
    const clock = new FakeClock();
    const result = scanSettled(repositoryOf(unsettled), {}, { clock, maxWaitMs: 1_000 });
    await clock.advance(1_000);
    expect(await result).toBe(unsettled);
  });
});
