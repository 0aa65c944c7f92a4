import { describe, expect, it } from 'vitest';
import { Slots } from './slots.js';

describe('slots', () => {
  it('have what was added and not removed, and are used again', () => {
    const slots = new Slots<string>();
    const [first, second] = [slots.add('a'), slots.add('b')];
    expect([first, second]).toEqual([0, 1]);
    slots.remove(first);
    expect([...slots.entries()]).toEqual([[1, 'b']]);
    expect([slots.add('c'), slots.add('d')]).toEqual([0, 2]);
    expect([...slots.entries()]).toEqual([
      [0, 'c'],
      [1, 'b'],
      [2, 'd'],
    ]);
  });

  it('may lose what is visited, and what is to be', () => {
    const slots = new Slots<string>();
    for (const item of ['a', 'b', 'c']) slots.add(item);
    const visited: string[] = [];
    for (const [slot, item] of slots.entries()) {
      visited.push(item);
      if (item === 'a') for (const gone of [slot, 1]) slots.remove(gone);
    }
    expect(visited).toEqual(['a', 'c']);
  });
});
