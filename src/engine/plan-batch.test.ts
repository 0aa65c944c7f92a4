import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchLimits, type Candidate, planBatch } from './plan-batch.js';

const LIMITS: BatchLimits = {
  batching: true,
  maxRows: 8,
  preferredSizes: [],
  maxDelayMs: 0,
};

function candidate(fields: Partial<Candidate> = {}): Candidate {
  return { rows: 1, cost: 1, shapeKey: '', enqueuedAt: 0, alone: false, ...fields };
}

describe('planBatch', () => {
  it('sends what waits when an instance is free and no delay is configured', () => {
    expect(planBatch([candidate(), candidate({ rows: 2 })], LIMITS, 5)).toEqual({
      kind: 'run',
      picked: [0, 1],
      rows: 3,
      reason: 'idle',
    });
  });

  it('stops at the row limit', () => {
    const candidates = [candidate({ rows: 4 }), candidate({ rows: 4 }), candidate()];
    expect(planBatch(candidates, LIMITS, 5)).toEqual({ kind: 'run', picked: [0, 1], rows: 8, reason: 'full' });
  });

  it('stops before the requests cost more than they may together', () => {
    const limits = { ...LIMITS, maxCost: 100 };
    const plan = (...costs: readonly number[]) =>
      planBatch(
        costs.map((cost) => candidate({ cost })),
        limits,
        5,
      );
    expect(plan(40, 50, 20)).toEqual({ kind: 'run', picked: [0, 1], rows: 2, reason: 'full' });
    expect(plan(40, 60, 0)).toEqual({ kind: 'run', picked: [0, 1], rows: 2, reason: 'full' });
    expect(plan(40, 50)).toEqual({ kind: 'run', picked: [0, 1], rows: 2, reason: 'idle' });
    expect(plan(40, 70, 10)).toEqual({ kind: 'run', picked: [0], rows: 1, reason: 'full' });
  });

  it('sends a request that costs more than a batch may by itself, without waiting', () => {
    const limits = { ...LIMITS, maxCost: 100, maxDelayMs: 10 };
    const candidates = [candidate({ cost: 500 }), candidate({ cost: 0 })];
    expect(planBatch(candidates, limits, 5)).toEqual({ kind: 'run', picked: [0], rows: 1, reason: 'full' });
  });

  it('closes the batch rather than let a later small request overtake one that does not fit', () => {
    const candidates = [candidate({ rows: 5 }), candidate({ rows: 4 }), candidate()];
    expect(planBatch(candidates, LIMITS, 5)).toEqual({ kind: 'run', picked: [0], rows: 5, reason: 'full' });
  });

  it('waits for company until the oldest member has waited long enough', () => {
    const limits = { ...LIMITS, maxDelayMs: 10 };
    const candidates = [candidate({ enqueuedAt: 100 }), candidate({ enqueuedAt: 95 })];
    expect(planBatch(candidates, limits, 101)).toEqual({ kind: 'wait', at: 105 });
    expect(planBatch(candidates, limits, 105)).toMatchObject({ kind: 'run', reason: 'delay' });
  });

  it('sends the largest preferred size that is there, without delay', () => {
    const limits = { ...LIMITS, maxDelayMs: 10, preferredSizes: [2, 4] };
    const candidates = Array.from({ length: 5 }, () => candidate());
    expect(planBatch(candidates, limits, 0)).toEqual({
      kind: 'run',
      picked: [0, 1, 2, 3],
      rows: 4,
      reason: 'preferred',
    });
  });

  describe('with preferred sizes and a long delay', () => {
    const limits = { ...LIMITS, maxDelayMs: 10_000, preferredSizes: [2, 6] };
    const rowsOf = (...rows: number[]) => rows.map((each) => candidate({ rows: each }));

    it.each([
      ['a request beyond the largest of them', rowsOf(7), [0], 7],
      ['what the next request would take beyond the largest of them', rowsOf(3, 7), [0], 3],
      ['what the next request would take beyond it by one row', rowsOf(3, 4), [0], 3],
    ])('sends %s at once', (_what, candidates, picked, rows) => {
      expect(planBatch(candidates, limits, 1)).toEqual({ kind: 'run', picked, rows, reason: 'full' });
    });

    it('sends a batch at once that the next request cannot join, with all who can', () => {
      const shapes = ['a', 'b', 'a'].map((shapeKey) => candidate({ shapeKey }));
      expect(planBatch(shapes, { ...limits, preferredSizes: [6] }, 1)).toEqual({
        kind: 'run',
        picked: [0, 2],
        rows: 2,
        reason: 'full',
      });
    });

    it('waits for company while more may join', () => {
      expect(planBatch(rowsOf(4), limits, 1)).toEqual({ kind: 'wait', at: 10_000 });
    });

    it('sends all that waits once the delay is over, not only the largest preferred size', () => {
      const plan = { kind: 'run', picked: [0, 1, 2], rows: 5, reason: 'delay' };
      expect(planBatch(rowsOf(2, 2, 1), limits, 10_000)).toEqual(plan);
      expect(planBatch(rowsOf(2, 2, 1), limits, 9_999)).toMatchObject({ picked: [0], reason: 'preferred' });
    });
  });

  it('puts only equal shapes together, those further back included', () => {
    const candidates = [candidate({ shapeKey: 'a' }), candidate({ shapeKey: 'b' }), candidate({ shapeKey: 'a' })];
    expect(planBatch(candidates, LIMITS, 0)).toMatchObject({ picked: [0, 2], rows: 2 });
  });

  it('runs a suspect by itself', () => {
    const candidates = [candidate({ alone: true }), candidate()];
    expect(planBatch(candidates, LIMITS, 0)).toEqual({ kind: 'run', picked: [0], rows: 1, reason: 'retry' });
    expect(planBatch([candidate(), candidate({ alone: true })], LIMITS, 0)).toMatchObject({ picked: [0] });
  });

  it('runs one request at a time where batching is off', () => {
    const plan = planBatch([candidate(), candidate()], { ...LIMITS, batching: false }, 0);
    expect(plan).toEqual({ kind: 'run', picked: [0], rows: 1, reason: 'single' });
  });

  it('always gives the oldest candidate its turn, within the limits of rows and cost, and one shape', () => {
    const candidates = fc.array(
      fc.record({
        rows: fc.integer({ min: 1, max: 8 }),
        cost: fc.integer({ min: 0, max: 60 }),
        shapeKey: fc.constantFrom('a', 'b'),
        enqueuedAt: fc.integer({ min: 0, max: 50 }),
        alone: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    );
    const limits = fc.record({
      batching: fc.boolean(),
      maxRows: fc.constant(8),
      maxCost: fc.constantFrom(100, Number.POSITIVE_INFINITY),
      preferredSizes: fc.subarray([2, 4, 6]),
      maxDelayMs: fc.constantFrom(0, 10),
    });
    fc.assert(
      fc.property(candidates, limits, fc.integer({ min: 0, max: 100 }), (waiting, batchLimits, now) => {
        const plan = planBatch(waiting, batchLimits, now);
        if (plan.kind === 'wait') return plan.at > now && batchLimits.maxDelayMs > 0;
        const members = plan.picked.map((index) => waiting[index] as Candidate);
        const rows = members.reduce((sum, member) => sum + member.rows, 0);
        const cost = members.reduce((sum, member) => sum + member.cost, 0);
        return (
          plan.picked[0] === 0 &&
          new Set(plan.picked).size === plan.picked.length &&
          rows === plan.rows &&
          rows <= 8 &&
          (cost <= batchLimits.maxCost || members.length === 1) &&
          members.every((member) => member.shapeKey === waiting[0]?.shapeKey) &&
          (members.length === 1 || members.every((member) => !member.alone))
        );
      }),
    );
  });
});

describe('a model that pads', () => {
  const padding = { maxPaddedCost: 256, maxWaste: 0.1 };
  const limits: BatchLimits = { batching: true, maxRows: 2_048, padding, preferredSizes: [], maxDelayMs: 0 };
  const ofCosts = (costs: readonly number[]) => costs.map((cost) => ({ ...candidate(), cost }));

  it.each<[string, readonly number[], readonly number[]]>([
    ['takes the oldest with those nearest to it', [50, 10, 52, 90, 49], [0, 4, 2]],
    ['leaves out what would be padded too much', [100, 10, 89, 91], [0, 3]],
    ['is no larger than its limit', [64, 64, 64, 64, 64], [0, 1, 2, 3]],
    ['runs a long one alone', [512, 512, 16], [0]],
    ['passes over one that is too long for a shorter one behind it', [80, 86, 73, 80], [0, 3, 2]],
  ])('%s', (_what, costs, picked) => {
    expect(planBatch(ofCosts(costs), limits, 0)).toMatchObject({ kind: 'run', picked });
  });

  it('holds its limits, and never leaves out the oldest', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 60 }),
      (costs) => {
        const plan = planBatch(ofCosts(costs), limits, 0);
        if (plan.kind !== 'run') throw new Error('it waits');
        const chosen = plan.picked.map((index) => costs[index] as number);
        const padded = Math.max(...chosen) * chosen.length;
        const used = chosen.reduce((sum, cost) => sum + cost, 0);
        expect(plan.picked[0]).toBe(0);
        expect(new Set(plan.picked).size).toBe(plan.picked.length);
        if (chosen.length > 1) expect([padded <= 256, padded - used <= 0.1 * padded + 1e-9]).toEqual([true, true]);
      },
    );
    fc.assert(property);
  });
});
