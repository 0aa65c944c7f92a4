import { describe, expect, it } from 'vitest';
import { EventRing } from './event-ring.js';

const happening = { kind: 'change', action: 'model.load', resource: 'm', by: 'key:ci' } as const;

function ringWith(count: number) {
  const ring = new EventRing({ capacity: 4, epoch: 'a-b' });
  for (let number = 1; number <= count; number++) ring.add(happening, number);
  return ring;
}

describe('the last events', () => {
  it('are numbered from 1, and the oldest are overwritten', () => {
    for (let count = 0; count <= 12; count++) {
      const ring = ringWith(count);
      expect([ring.oldest, ring.newest]).toEqual([Math.max(1, count - 3), count]);
      for (let number = 0; number <= 14; number++) {
        const isKept = number >= ring.oldest && number <= count;
        expect(ring.at(number)).toEqual(isKept ? { id: `a-b-${number}`, atMs: number, happening } : undefined);
      }
    }
  });

  it('are found by ids of this start only', () => {
    const ring = ringWith(6);
    expect(['a-b-0', 'a-b-1', 'a-b-6'].map((id) => ring.numberOf(id))).toEqual([0, 1, 6]);
    const others = ['', 'a-b-7', 'a-b-', 'a-b--1', 'a-6', 'x-6', 'a-b-1e0', 'a-b-0x1', `a-b-${'9'.repeat(40)}`];
    expect(others.map((id) => ring.numberOf(id))).toEqual(others.map(() => undefined));
  });
});
