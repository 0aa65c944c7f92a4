import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserTotals } from './user-totals.js';

interface Asked {
  readonly share?: number;
  readonly isCanary: boolean;
  readonly requests: number;
  readonly flagged: number;
}

function add(totals: UserTotals, key: number, { share = 0.5, isCanary, requests, flagged }: Asked): void {
  for (let count = 0; count < requests; count++) {
    totals.add(key, { share, arm: isCanary ? 'canary' : 'stable' }, count < flagged);
  }
}

/** Every way to assign so many users. */
function assignments(users: number): readonly (readonly boolean[])[] {
  if (users === 0) return [[]];
  const rest = assignments(users - 1);
  return [...rest.map((each) => [false, ...each]), ...rest.map((each) => [true, ...each])];
}

it('the evidence is 1 on average where chance has assigned users that are alike, whatever they do', () => {
  const user = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(5));
  const property = fc.property(fc.array(user, { minLength: 1, maxLength: 7 }), (users) => {
    const all = assignments(users.length);
    const evidence = all.map((isCanary) => {
      const totals = new UserTotals();
      for (const [key, [requests, flagged]] of users.entries()) {
        add(totals, key, { isCanary: isCanary[key] === true, requests, flagged: Math.min(flagged, requests) });
      }
      return totals.evidence(0.5);
    });
    expect(evidence.reduce((sum, each) => sum + each, 0) / all.length).toBeCloseTo(1, 6);
  });
  fc.assert(property, { numRuns: 30 });
});

describe('the evidence', () => {
  it('is large where the users of canary fail more often, and small where they fail less often', () => {
    const evidenceOf = (ofCanary: number, ofStable: number) => {
      const totals = new UserTotals();
      for (let key = 0; key < 30; key++) {
        add(totals, key, { isCanary: key % 2 === 0, requests: 10, flagged: key % 2 === 0 ? ofCanary : ofStable });
      }
      return totals.evidence(0.5);
    };
    expect(evidenceOf(3, 0)).toBeGreaterThan(1_000);
    expect(evidenceOf(0, 3)).toBeLessThan(0.1);
    expect(evidenceOf(3, 3)).toBeCloseTo(1, 9);
  });

  it('leaves out users who were given to canary at an earlier share, as chance has not assigned them again', () => {
    const totals = new UserTotals();
    add(totals, 1, { share: 0.1, isCanary: true, requests: 5, flagged: 5 });
    for (const key of [2, 3]) add(totals, key, { share: 0.1, isCanary: false, requests: 5, flagged: 0 });
    add(totals, 1, { share: 0.5, isCanary: true, requests: 50, flagged: 50 });
    add(totals, 2, { share: 0.5, isCanary: true, requests: 5, flagged: 0 });
    add(totals, 3, { share: 0.5, isCanary: false, requests: 5, flagged: 0 });
    expect(totals.evidence(0.5)).toBeCloseTo(1, 9);
    expect(totals.snapshot().map(([key, share, from, , requests]) => [key, share, from, requests])).toEqual([
      [1, 0.1, 0, 5],
      [2, 0.5, 0.1, 5],
      [3, 0.5, 0.1, 5],
    ]);
  });
});

it('keeps the first 500 users', () => {
  const totals = new UserTotals();
  for (let key = 0; key < 600; key++) add(totals, key, { isCanary: false, requests: 1, flagged: 0 });
  expect(totals.snapshot().length).toBe(500);
  expect(new UserTotals(totals.snapshot()).snapshot()).toEqual(totals.snapshot());
});
