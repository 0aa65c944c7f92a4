import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText } from '../core/index.js';
import { chooseArm, drawArm } from './choose-arm.js';

const arms = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight, seed: hashText(name) }));

/** Pearson's statistic of how often each arm was chosen. */
function chiSquare(counts: ReadonlyMap<string, number>, weights: Readonly<Record<string, number>>): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const weight = Object.values(weights).reduce((sum, each) => sum + each, 0);
  return Object.entries(weights).reduce((sum, [name, each]) => {
    const expected = (total * each) / weight;
    return sum + ((counts.get(name) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

function countOf(
  weights: Readonly<Record<string, number>>,
  choose: (index: number) => string | undefined,
  size: number,
) {
  const counts = new Map<string, number>();
  for (let index = 0; index < size; index++) {
    const name = choose(index) ?? 'none';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return chiSquare(counts, weights);
}

/** What Pearson's statistic exceeds once in a million times, by degrees of freedom. */
const ONCE_IN_A_MILLION: Readonly<Record<number, number>> = { 1: 23.93, 2: 27.63, 3: 30.66 };

describe('the arms of a million keys', () => {
  it.each([
    ['user-', { stable: 95, canary: 5 }],
    ['', { stable: 99.9, canary: 0.1 }],
    ['a/very/long/common/beginning/of/all/the/keys/', { a: 1, b: 2, c: 3, d: 4 }],
    ['é', { one: 1, two: 1, three: 1 }],
  ])('beginning with %j have the shares %j', (prefix, weights: Readonly<Record<string, number>>) => {
    const choices = arms(weights);
    const statistic = countOf(weights, (index) => chooseArm(choices, prefix + index)?.name, 1_000_000);
    expect(statistic).toBeLessThan(ONCE_IN_A_MILLION[choices.length - 1] ?? 0);
  });
});

describe('a change of one weight', () => {
  it('moves keys only to or from that arm, and no more than the shares differ by', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 });
    const property = fc.property(weights, fc.nat(), fc.integer({ min: 0, max: 200 }), (given, at, changed) => {
      const before = arms(Object.fromEntries(given.map((weight, index) => [`arm-${index}`, weight])));
      const index = at % before.length;
      const after = before.map((arm, other) => (other === index ? { ...arm, weight: changed } : arm));
      let moved = 0;
      for (let key = 0; key < 2_000; key++) {
        const from = chooseArm(before, `user-${key}`)?.name;
        const to = chooseArm(after, `user-${key}`)?.name;
        if (from === to) continue;
        moved++;
        const gains = changed > (before[index]?.weight ?? 0);
        expect(gains ? to : from).toBe(before[index]?.name);
      }
      const total = (all: typeof before) => all.reduce((sum, { weight }) => sum + weight, 0);
      const share = (all: typeof before) => (all[index]?.weight ?? 0) / total(all);
      const expected = Math.abs(share(after) - share(before));
      // Six standard deviations.
      expect(moved / 2_000).toBeLessThan(expected + 6 * Math.sqrt((expected * (1 - expected)) / 2_000) + 1e-9);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('to nothing leaves the arm without any', () => {
    const choices = arms({ a: 0, b: 1 });
    for (let key = 0; key < 1_000; key++) expect(chooseArm(choices, `${key}`)?.name).toBe('b');
    expect(chooseArm(arms({ a: 0 }), 'x')).toBeUndefined();
    expect(chooseArm([], 'x')).toBeUndefined();
  });
});

describe('the arm of a key', () => {
  const choices = arms({ stable: 70, canary: 20, next: 10 });

  it('does not depend on the order of the arms', () => {
    for (let key = 0; key < 1_000; key++) {
      expect(chooseArm(choices.toReversed(), `${key}`)).toBe(chooseArm(choices, `${key}`));
    }
  });

  it('is the same in every release', () => {
    const keys = ['', 'a', 'user-1', 'user-2', 'user-3', 'Zoë', '😀', 'x'.repeat(1_000)];
    expect(keys.map((key) => chooseArm(choices, key)?.name)).toMatchInlineSnapshot(`
      [
        "stable",
        "stable",
        "stable",
        "stable",
        "stable",
        "canary",
        "stable",
        "canary",
      ]
    `);
    expect(hashText('user-1')).toMatchInlineSnapshot(`
      {
        "high": 2169687117,
        "low": 2637131163,
      }
    `);
  });
});

describe('a draw without a key', () => {
  it('has the same shares', () => {
    const weights = { stable: 95, canary: 5, none: 0 };
    const choices = arms(weights);
    const shares = { stable: 95, canary: 5 };
    expect(countOf(shares, (index) => drawArm(choices, (index + 0.5) / 100_000)?.name, 100_000)).toBeLessThan(1);
    expect(drawArm(choices, 0)?.name).toBe('stable');
    expect(drawArm(choices, 1 - 2 ** -53)?.name).toBe('canary');
    expect(drawArm(arms({ a: 0 }), 0.5)).toBeUndefined();
  });
});
