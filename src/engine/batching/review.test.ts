import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../plan-batch.js';
import type { BatchingChoice } from './choice.js';
import { BatchingReview } from './review.js';

const LIMITS = { batching: true, maxRows: 64, preferredSizes: [], maxDelayMs: 0 };
const ON: BatchingChoice = { enabled: true, cause: 'measured_at_load', reason: 'measured: it pays' };
const OFF: BatchingChoice = { enabled: false, cause: 'measured_at_load', reason: 'measured: it does not' };

interface Setup {
  readonly choice: BatchingChoice;
  /** Milliseconds of a run of so many requests. */
  readonly runMs: (requests: number) => number;
  /** Of each request. Default: 1. */
  readonly rows?: number;
  /** Requests that wait whenever the instance is free. Default: 16. */
  readonly depth?: number;
  readonly isOpen?: boolean;
}

/** One instance that always has something to do, with time that only its runs take. */
function simulate({ choice, runMs, rows = 1, depth = 16, isOpen = true }: Setup) {
  const clock = { at: 1_000, now: () => clock.at };
  const world = { runMs, isHeld: false, shapeOf: (_turn: number) => '' };
  const reviewed: BatchingChoice[] = [];
  const counts = { requests: 0, trialRequests: 0, trials: 0 };
  const review = new BatchingReview({
    limits: LIMITS,
    choice,
    isOpen,
    clock,
    isHeld: () => world.isHeld,
    onReviewed: (now) => reviewed.push(now),
  });
  let turn = 0;
  const runOnce = () => {
    const shapeKey = world.shapeOf(turn++);
    const waiting: readonly Candidate[] = Array.from({ length: depth }, () => ({
      rows,
      cost: 1,
      shapeKey,
      enqueuedAt: clock.at,
      alone: false,
    }));
    const plan = review.plan(review.seesCompany ? waiting : waiting.slice(0, 1), clock.at);
    if (plan.kind === 'wait') throw new Error('nothing is to wait');
    const members = plan.picked.map((index) => waiting[index] as Candidate);
    if (plan.reason === 'trial') {
      review.sentTrial();
      counts.trials++;
      counts.trialRequests += members.length;
    }
    counts.requests += members.length;
    const ms = world.runMs(members.length);
    clock.at += ms;
    review.ended({ members, rows: plan.rows, reason: plan.reason, hadCompany: members.length < depth }, ms);
  };
  return {
    review,
    world,
    counts,
    reviewed,
    clock,
    runFor(ms: number) {
      const end = clock.at + ms;
      while (clock.at < end) runOnce();
    },
  };
}

const cheaper = (requests: number) => 5 + 0.25 * requests;
const dearer = (requests: number) => requests * (requests === 1 ? 4 : 6);

describe('a review of batching', () => {
  it('turns batching on within a minute where the load had found it dearer, and it is not', () => {
    const { review, reviewed, runFor } = simulate({ choice: OFF, runMs: cheaper });
    runFor(60_000);
    expect(reviewed).toEqual([
      {
        enabled: true,
        cause: 'measured_in_runs',
        reason:
          'measured in 15 pairs of runs: a row takes 5.25 ms alone and 0.88 ms in batches, which were dearer in 0 of them',
      },
    ]);
    expect(review.limits).toEqual({ ...LIMITS, batching: true });
  });

  it('turns batching off within a minute where batches are clearly dearer', () => {
    const { review, reviewed, runFor } = simulate({ choice: ON, runMs: dearer });
    runFor(60_000);
    expect(reviewed).toMatchObject([{ enabled: false, cause: 'measured_in_runs' }]);
    expect(review.choice.reason).toBe(
      'measured in 15 pairs of runs: a row takes 4.00 ms alone and 6.00 ms in batches, which were dearer in 15 of them',
    );
    expect(review.limits.batching).toBe(false);
  });

  it.each([2, 20, 190])('takes less than a minute where a row takes %d ms', (rowMs) => {
    const { reviewed, runFor } = simulate({ choice: OFF, runMs: (requests) => rowMs * requests });
    runFor(60_000);
    expect(reviewed).toMatchObject([{ enabled: true }]);
  });

  it('tries no batches of rows that take longer than 200 ms, which would take too long', () => {
    const { counts, reviewed, runFor } = simulate({ choice: OFF, runMs: (requests) => 250 * requests });
    runFor(600_000);
    expect(counts.trials).toBe(0);
    expect(reviewed).toEqual([]);
  });

  it('tries batches of two requests where a request has many rows', () => {
    const { counts, reviewed, runFor } = simulate({ choice: OFF, rows: 32, runMs: cheaper });
    runFor(60_000);
    expect(counts).toMatchObject({ trials: 15, trialRequests: 30 });
    expect(reviewed).toMatchObject([{ enabled: true }]);
  });

  it('leaves what is configured as it is, and tries nothing', () => {
    const { counts, review, runFor } = simulate({ choice: OFF, runMs: cheaper, isOpen: false });
    runFor(10_000);
    expect(counts.trials).toBe(0);
    expect(review.choice).toBe(OFF);
  });

  it('tries nothing where no two requests wait at a time', () => {
    const { counts, runFor } = simulate({ choice: OFF, runMs: cheaper, depth: 1 });
    runFor(10_000);
    expect(counts.trials).toBe(0);
  });

  it('compares requests of one shape only', () => {
    const { world, counts, reviewed, runFor } = simulate({ choice: ON, runMs: cheaper });
    world.shapeOf = (turn) => String(turn);
    runFor(10_000);
    expect([counts.trials, reviewed]).toEqual([0, []]);
  });

  it('is over after one decision: runs are in the mode in force from then on', () => {
    const { counts, runFor } = simulate({ choice: ON, runMs: cheaper });
    runFor(60_000);
    const { trials } = counts;
    expect(trials).toBe(15);
    runFor(600_000);
    expect(counts.trials).toBe(trials);
  });

  it.each([
    ['twice as long', 2.1],
    ['half as long', 1 / 2.1],
  ])('happens again once runs take %s', (_label, factor) => {
    const { world, counts, reviewed, runFor } = simulate({ choice: ON, runMs: cheaper });
    runFor(120_000);
    world.runMs = (requests) => 1.9 * cheaper(requests);
    runFor(120_000);
    expect(counts.trials).toBe(15);
    world.runMs = (requests) => factor * dearer(requests);
    runFor(120_000);
    expect(counts.trials).toBe(30);
    expect(reviewed.map(({ enabled }) => enabled)).toEqual([true, false]);
  });

  it('happens at most once a minute, however times change', () => {
    let turn = 0;
    const { reviewed, runFor } = simulate({
      choice: ON,
      runMs: (requests) => cheaper(requests) * (Math.floor(turn++ / 200) % 2 === 0 ? 1 : 5),
    });
    runFor(600_000);
    expect(reviewed.length).toBeGreaterThan(2);
    expect(reviewed.length).toBeLessThanOrEqual(10);
  });

  it('changes nothing and tries nothing while the version is compared with another one, and begins when that is over', () => {
    const { world, counts, review, reviewed, runFor } = simulate({ choice: OFF, runMs: cheaper });
    world.isHeld = true;
    runFor(120_000);
    expect([counts.trials, reviewed, review.choice]).toEqual([0, [], OFF]);
    world.isHeld = false;
    runFor(60_000);
    expect(review.choice.enabled).toBe(true);
  });

  it('forgets what it has seen when the version begins to be compared with another one before it has decided', () => {
    const { world, counts, review, reviewed, runFor } = simulate({ choice: OFF, runMs: cheaper });
    while (counts.trials < 10) runFor(1);
    world.isHeld = true;
    runFor(10_000);
    expect([counts.trials, review.choice]).toEqual([10, OFF]);
    world.isHeld = false;
    while (reviewed.length === 0) runFor(1);
    expect(counts.trials).toBe(25);
  });

  it('counts no trial that fails, and goes on after it', () => {
    const { review, counts, runFor, reviewed } = simulate({ choice: ON, runMs: cheaper });
    while (counts.trials < 1) runFor(1);
    review.sentTrial();
    runFor(100);
    expect(counts.trials).toBe(1);
    review.failed({ members: [], rows: 1, reason: 'trial', hadCompany: true });
    while (reviewed.length === 0) runFor(1);
    expect(counts.trials).toBe(15);
  });

  it('keeps batching on however noisy the machine is, unless batches are dearer, with at most a quarter of the requests in trials', () => {
    const noise = fc.infiniteStream(fc.double({ min: 1, max: 3, noNaN: true }));
    const property = fc.property(noise, fc.boolean(), fc.integer({ min: 2, max: 64 }), (stream, enabled, depth) => {
      const { review, counts, reviewed, runFor } = simulate({
        choice: enabled ? ON : OFF,
        depth,
        runMs: (requests) => cheaper(requests) * (stream.next().value ?? 1),
      });
      while (reviewed.length === 0) runFor(1);
      // A row costs at least 1.9 times as much alone, which noise of a factor of three hides in some pairs only.
      expect(review.choice.enabled).toBe(true);
      expect(counts.trialRequests).toBeLessThanOrEqual(counts.requests / 4);
    });
    fc.assert(property, { numRuns: 50 });
  });
});
