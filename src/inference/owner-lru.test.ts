import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OwnerLru } from './owner-lru.js';

describe('OwnerLru', () => {
  it('evicts the oldest entry of the owner that has most', () => {
    const entries = new OwnerLru<number>(4);
    expect([1, 2, 3].map((value) => entries.set('bob', `${value}`, value))).toEqual([undefined, undefined, undefined]);
    expect(entries.set('alice', '1', 10)).toBeUndefined();
    expect(entries.set('alice', '2', 20)).toBe(1);
    expect(entries.get('bob', '1')).toBeUndefined();
    expect([entries.get('alice', '1'), entries.get('alice', '2')]).toEqual([10, 20]);
  });

  it('has the same entries as a plain list, whatever is set and deleted', () => {
    const owner = fc.constantFrom('a', 'b', 'c');
    const key = fc.constantFrom('1', '2', '3', '4');
    const step = fc.record({ isSet: fc.boolean(), owner, key });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 80 }), (maxEntries, steps) => {
        const entries = new OwnerLru<number>(maxEntries);
        let model: { readonly owner: string; readonly key: string; readonly value: number }[] = [];
        for (const [value, { isSet, owner, key }] of steps.entries()) {
          const known = model.find((each) => each.owner === owner && each.key === key);
          model = model.filter((each) => each !== known);
          if (!isSet) {
            expect(entries.delete(owner, key)).toBe(known?.value);
            continue;
          }
          model.push({ owner, key, value });
          const gone = entries.set(owner, key, value);
          expect(gone === undefined).toBe(model.length <= maxEntries);
          if (gone === undefined) continue;
          const victim = model.find((each) => each.value === gone);
          const ofVictim = model.filter((each) => each.owner === victim?.owner);
          const sizes = ['a', 'b', 'c'].map((name) => model.filter((each) => each.owner === name).length);
          expect(ofVictim[0]).toBe(victim);
          expect(ofVictim.length).toBe(Math.max(...sizes));
          model = model.filter((each) => each !== victim);
        }
        for (const name of ['a', 'b', 'c']) {
          for (const id of ['1', '2', '3', '4']) {
            const known = model.find((each) => each.owner === name && each.key === id);
            expect(entries.get(name, id)).toBe(known?.value);
          }
        }
      }),
    );
  });
});
