import { describe, expect, it } from 'vitest';
import { fifoBatches, sortedBatches, spread, textOf } from './texts.js';

const textsOf = (...lengths: readonly number[]) =>
  lengths.map((length) => ({ ids: Array.from({ length }, () => 1), first: length }));
const lengthsOf = (batches: ReturnType<typeof sortedBatches>) =>
  batches.map((batch) => batch.map(({ ids }) => ids.length));

describe('batches of the controls', () => {
  it('are sorted by length and have at most so many tokens with padding', () => {
    expect(lengthsOf(sortedBatches(textsOf(300, 4, 10, 3, 5), 12))).toEqual([[3, 4], [5], [10], [300]]);
    expect(lengthsOf(sortedBatches(textsOf(6, 6, 6), 12))).toEqual([[6, 6], [6]]);
  });

  it('of so many texts keep the order of arrival', () => {
    expect(lengthsOf(fifoBatches(textsOf(5, 1, 4), 2))).toEqual([[5, 1], [4]]);
  });
});

describe('texts', () => {
  it('are chosen evenly from all', () => {
    expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([0, 2, 4]);
    expect(spread([0, 1], 3)).toEqual([0, 1]);
  });

  it('of a number of tokens have a word for each but the special ones', () => {
    expect(textOf(16, 1).split(' ')).toHaveLength(14);
    expect(textOf(16, 1)).not.toBe(textOf(16, 2));
  });
});
