import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BatchTurns, type TurnLimits } from './turns.js';

interface Batch {
  readonly id: string;
  readonly owner: string;
  run: unknown;
  isWaiting: boolean;
}

const batch = (id: string): Batch => ({ id, owner: id[0] as string, run: undefined, isWaiting: true });
const LIMITS: TurnLimits = { maxRunning: 8, maxRunningPerPrincipal: 2 };

function createFixture(ids: readonly string[], weights: Readonly<Record<string, number>> = {}) {
  const turns = new BatchTurns();
  const all = ids.map(batch);
  for (const owner of new Set(all.map(({ owner }) => owner))) turns.came(owner, weights[owner] ?? 1);
  return {
    turns,
    all,
    /** Gives a batch its turn, which goes on. */
    begin(limits = LIMITS): string | undefined {
      const next = turns.next(all, limits);
      if (next === undefined) return undefined;
      turns.took(next.owner);
      next.run = true;
      next.isWaiting = false;
      return next.id;
    },
    /** Gives one batch after the other its turn, each of which then waits again. */
    take(count: number): string {
      let owners = '';
      for (let index = 0; index < count; index++) {
        const next = turns.next(all, LIMITS);
        if (next === undefined) return `${owners}.`;
        turns.took(next.owner);
        owners += next.owner;
      }
      return owners;
    },
  };
}

it('owners take turns, and batches of an owner go in their order', () => {
  const { begin } = createFixture(['a1', 'a2', 'b1', 'c1']);
  expect([begin(), begin(), begin(), begin(), begin()]).toEqual(['a1', 'b1', 'c1', 'a2', undefined]);
});

it('owners take turns by weight', () => {
  const { take } = createFixture(['a1', 'b1'], { b: 3 });
  expect(take(8)).toBe('abbbabbb');
});

it('an owner has no more running batches than it may, and neither have all', () => {
  const { begin } = createFixture(['a1', 'a2', 'a3', 'b1', 'b2']);
  const limits = { maxRunning: 3, maxRunningPerPrincipal: 1 };
  expect([begin(limits), begin(limits), begin(limits)]).toEqual(['a1', 'b1', undefined]);
  const of = createFixture(['a1', 'b1', 'c1']);
  expect([of.begin({ ...limits, maxRunning: 1 }), of.begin({ ...limits, maxRunning: 1 })]).toEqual(['a1', undefined]);
});

it('an owner that comes late gets no more than its share', () => {
  const { turns, all, take } = createFixture(['a1']);
  expect(take(5)).toBe('aaaaa');
  all.push(batch('b1'));
  turns.came('b', 1);
  expect(take(6)).toMatch(/^(ba){3}$|^(ab){3}$/);
});

it('an owner that is ahead of the others stays so after its batches have ended', () => {
  const { turns, all, take } = createFixture(['a1', 'b1'], { a: 0.25 });
  expect(take(1)).toBe('a');
  const [ended] = all.splice(0, 1);
  turns.forget(new Set(['b']));
  all.unshift(ended as Batch);
  turns.came('a', 0.25);
  expect(take(5)).toBe('bbbba');
});

it('owners who always have batches that wait get turns by weight, to one turn, whatever the weights', () => {
  const weight = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(
      fc.array(weight, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 300 }),
      (weights, count) => {
        const owners = weights.map((_, index) => String.fromCharCode(97 + index));
        const given = Object.fromEntries(owners.map((owner, index) => [owner, weights[index] as number]));
        const had = createFixture(
          owners.map((owner) => `${owner}1`),
          given,
        ).take(count);
        const turnsOf = (owner: string) => [...had].filter((each) => each === owner).length;
        // Between any two owners, what each has had by its weight differs by no more than a turn of each.
        for (const one of owners) {
          for (const other of owners) {
            const [left, right] = [given[one] as number, given[other] as number];
            expect(turnsOf(one) / left - turnsOf(other) / right).toBeLessThanOrEqual(1 / left + 1 / right + 1e-9);
          }
        }
      },
    ),
  );
});
