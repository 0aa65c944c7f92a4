import { describe, expect, it } from 'vitest';
import { fairItem, type TestItem } from '../../test/support/fair-item.js';
import { FairList } from './fair-list.js';

const come = (list: FairList<TestItem>, tenant: string, count = 1, fields: Partial<TestItem> = {}) =>
  Array.from({ length: count }, () => {
    const item = fairItem({ tenant, ...fields });
    list.append(item);
    return item;
  });

function taken(list: FairList<TestItem>, most: number): readonly TestItem[] {
  const items: TestItem[] = [];
  list.take(items, most);
  return items;
}

const order = (list: FairList<TestItem>, most = Number.POSITIVE_INFINITY) =>
  taken(list, most)
    .map(({ tenant }) => tenant)
    .join('');

function run(list: FairList<TestItem>, count: number): string {
  let ran = '';
  for (let index = 0; index < count; index++) {
    for (const item of taken(list, 1)) {
      list.remove(item, true);
      ran += item.tenant;
    }
  }
  return ran;
}

describe('tenants that wait together', () => {
  it('take turns, whoever came first', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 5);
    come(list, 'b', 2);
    come(list, 'c', 1);
    expect(order(list)).toBe('abcabaaa');
    expect(order(list, 4)).toBe('abca');
  });

  it('get as many turns as they have weight', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 9, { weight: 1, charge: 1 });
    come(list, 'b', 9, { weight: 2, charge: 0.5 });
    expect(order(list, 9)).toBe('abbabbabb');
  });

  it('pay for what they take: large requests for more', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 3, { charge: 4 });
    come(list, 'b', 9, { charge: 1 });
    expect(order(list)).toBe('abbbbabbbbab');
  });

  it('owe nothing for what they had while nobody else waited', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 50);
    run(list, 40);
    come(list, 'b', 50);
    expect(order(list, 6)).toBe('bababa');
  });

  it('are not served before others for not having asked for long', () => {
    const list = new FairList<TestItem>();
    come(list, 'b', 1);
    come(list, 'a', 100);
    run(list, 40);
    come(list, 'b', 10);
    expect(order(list, 6)).toBe('bababa');
  });

  it('pay for a large request also where they have one at a time', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 100);
    let ran = '';
    for (let round = 0; round < 4; round++) {
      come(list, 'b', 1, { charge: 4 });
      ran += run(list, 5);
    }
    expect(ran).toBe('abaaaabaaaabaaaabaaa');
  });

  it('get no turns for requests that come back when all that was owed has been forgotten', () => {
    const list = new FairList<TestItem>();
    const gone = come(list, 'a', 2, { charge: 4 });
    run(list, 2);
    for (const item of gone.toReversed()) list.prepend(item);
    come(list, 'a', 3, { charge: 4 });
    come(list, 'b', 3, { charge: 4 });
    expect(order(list)).toBe('abababaa');
  });

  it('pay nothing for requests that leave, nor for those that come back as they have not run', () => {
    const list = new FairList<TestItem>();
    const [first, second] = come(list, 'a', 6);
    come(list, 'b', 6);
    for (const item of [first, second]) if (item !== undefined) list.remove(item, false);
    expect(order(list, 4)).toBe('abab');
    const [, ofB] = taken(list, 2);
    if (ofB === undefined) throw new Error('nothing waits');
    list.remove(ofB, true);
    expect(order(list, 4)).toBe('aaba');
    list.prepend(ofB);
    expect(order(list, 4)).toBe('abab');
  });
});

describe('what is remembered', () => {
  it('is nothing of 100,000 tenants that have come and gone', () => {
    const list = new FairList<TestItem>();
    come(list, 'a', 10);
    for (let index = 0; index < 100_000; index++) {
      const [item] = come(list, `tenant-${index}`);
      if (item !== undefined) list.remove(item, index % 2 === 0);
    }
    expect(list.remembered).toBeLessThan(100);
    run(list, 10);
    expect(list.size).toBe(0);
    expect(list.remembered).toBeLessThanOrEqual(16);
  });
});
