import { describe, expect, it } from 'vitest';
import { apply, mutationsOf, sample } from '../../scripts/mutations.mjs';

const SOURCE = `import type { A } from './a.js';
export function guard(value: true | number, list: string[]): boolean {
  if (value === 3 && !list.includes('a')) throw new Error('no');
  list.push('b');
  return list.length > 1 ? true : value < 2;
}
`;

describe('the mutations of a source', () => {
  it('are faults of its conditions, operators, values and statements, and of no type', () => {
    const lines = mutationsOf(SOURCE).map((mutation) => {
      const line = apply(SOURCE, mutation).split('\n')[mutation.line - 1];
      return `${mutation.line}: ${line?.trim()}`;
    });
    expect(lines.sort()).toEqual([
      "3: if (false) throw new Error('no');",
      "3: if (true) throw new Error('no');",
      "3: if (value !== 3 && !list.includes('a')) throw new Error('no');",
      "3: if (value === 3 && (list.includes('a'))) throw new Error('no');",
      "3: if (value === 3 || !list.includes('a')) throw new Error('no');",
      '4: ;',
      '5: return false ? true : value < 2;',
      '5: return list.length > 1 ? false : value < 2;',
      '5: return list.length > 1 ? true : value <= 2;',
      '5: return list.length >= 1 ? true : value < 2;',
      '5: return true ? true : value < 2;',
    ]);
  });
});

describe('a sample', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);

  it('is the same for the same seed, and has no item twice', () => {
    const chosen = sample(items, { count: 20, seed: 7 });
    expect(sample(items, { count: 20, seed: 7 })).toEqual(chosen);
    expect(sample(items, { count: 20, seed: 8 })).not.toEqual(chosen);
    expect([chosen.length, new Set(chosen).size]).toEqual([20, 20]);
  });

  it('of more than there are is all of them', () => {
    expect([...sample(items, { count: 99, seed: 1 })].sort((a, b) => a - b)).toEqual(items);
  });
});
