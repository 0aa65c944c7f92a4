import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linesOf, mutationsOf, sample } from '../../scripts/mutations.mjs';

const SOURCE = `import type { A } from './a.js';
export function guard(value: true | number, list: string[]): boolean {
  if (value === 3 && !list.includes('a')) throw new Error('no');
  list.push('b');
  return list.length > 1 ? true : value < 2;
}
`;

describe('the mutations of a source', () => {
  it('are faults of its conditions, operators, values and statements, and of no type', () => {
    const lines = mutationsOf(SOURCE).map((mutation) => `${mutation.line}: ${linesOf(SOURCE, mutation).after}`);
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

interface ArguedMutant {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly because: string;
}

it('every argued mutant is one of its file as it is now, and has a reason', () => {
  const argued: readonly ArguedMutant[] = JSON.parse(readFileSync('scripts/mutants-argued.json', 'utf8'));
  for (const { file, because, ...lines } of argued) {
    const text = readFileSync(file, 'utf8');
    expect(mutationsOf(text).map((mutation) => linesOf(text, mutation))).toContainEqual(lines);
    expect(because).not.toBe('');
  }
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
