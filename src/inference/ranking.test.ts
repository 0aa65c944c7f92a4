import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ranking } from './ranking.js';

it('keeps the best, in order, as sorting all of them would, and can be used again', () => {
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, values, fc.nat({ max: 70 }), (first, second, count) => {
      let row = first;
      const kept = Math.min(count, first.length, second.length);
      const compare = (a: number, b: number) => (row[b] as number) - (row[a] as number) || a - b;
      const ranking = new Ranking(kept, compare);
      for (row of [first, second]) {
        for (const index of row.keys()) ranking.offer(index);
        while (ranking.takeWorst());
        expect([...ranking.best]).toEqual([...row.keys()].sort(compare).slice(0, kept));
      }
    }),
  );
});
