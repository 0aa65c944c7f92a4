import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairItem, type TestItem } from '../../test/support/fair-item.js';
import { FairList } from './fair-list.js';

const TENANTS = ['a', 'b', 'c', 'd', 'e'];
const WEIGHTS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 0.5, e: 1 };
const LARGEST = 8;

const tenants = fc.constantFrom(...TENANTS);
const rows = fc.integer({ min: 1, max: LARGEST });
/** A request comes, the first of all runs, one leaves, or the last that ran comes back as it has not run. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('come' as const), tenant: tenants, rows }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('return' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), pick: fc.nat(50) }) },
);
const steps = fc.array(step, { maxLength: 120 });

function request(tenant: string, rowCount: number): TestItem {
  const weight = WEIGHTS[tenant] ?? 1;
  return fairItem({ tenant, weight, charge: rowCount / weight });
}

const all = (list: FairList<TestItem>, most = Number.POSITIVE_INFINITY): readonly TestItem[] => {
  const items: TestItem[] = [];
  list.take(items, most);
  return items;
};

function runFirst(list: FairList<TestItem>): TestItem | undefined {
  const [first] = all(list, 1);
  if (first !== undefined) list.remove(first, true);
  return first;
}

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Performs the steps. Gives what the list has to hold then: each tenant's requests in order; and the charges of those that came back. */
function perform(list: FairList<TestItem>, taken: readonly Step[]) {
  const returned = new Map<string, number>();
  const waiting = new Map<string, TestItem[]>(TENANTS.map((tenant) => [tenant, []]));
  const of = ({ tenant }: TestItem) => waiting.get(tenant) as TestItem[];
  const ran: TestItem[] = [];
  for (const each of taken) {
    if (each.kind === 'come') {
      const item = request(each.tenant, each.rows);
      list.append(item);
      of(item).push(item);
    } else if (each.kind === 'run') {
      const first = runFirst(list);
      if (first === undefined) continue;
      of(first).shift();
      ran.push(first);
    } else if (each.kind === 'return') {
      const last = ran.pop();
      if (last === undefined) continue;
      list.prepend(last);
      returned.set(last.tenant, (returned.get(last.tenant) ?? 0) + last.charge);
      of(last).unshift(last);
    } else {
      const left = all(list)[each.pick];
      if (left === undefined) continue;
      list.remove(left, false);
      of(left).splice(of(left).indexOf(left), 1);
    }
  }
  return { waiting, returned };
}

describe('a fair list', () => {
  it('holds what came and has not gone, each once, and each tenant’s in order', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const list = new FairList<TestItem>();
        const { waiting } = perform(list, taken);
        const held = all(list);
        expect(held).toHaveLength(list.size);
        for (const tenant of TENANTS) {
          const own = held.filter((item) => item.tenant === tenant).map(({ callId }) => callId);
          expect(own).toEqual(waiting.get(tenant)?.map(({ callId }) => callId));
          expect(list.sizeOf(tenant)).toBe(own.length);
        }
      }),
    );
  });

  it('says of any number of requests the order in which they run one by one', () => {
    fc.assert(
      fc.property(steps, fc.nat(200), (taken, most) => {
        const list = new FairList<TestItem>();
        perform(list, taken);
        const told = all(list, most).map(({ callId }) => callId);
        const ran = told.map(() => runFirst(list)?.callId);
        expect(told).toHaveLength(Math.min(most, told.length + list.size));
        expect(ran).toEqual(told);
      }),
    );
  });

  it('leaves out the requests of a tenant, and those alone', () => {
    fc.assert(
      fc.property(steps, tenants, fc.nat(200), (taken, except, most) => {
        const list = new FairList<TestItem>();
        perform(list, taken);
        const items: TestItem[] = [];
        list.take(items, most, except);
        expect(items).toEqual(
          all(list)
            .filter(({ tenant }) => tenant !== except)
            .slice(0, most),
        );
      }),
    );
  });

  it('gives tenants that wait all the time their shares by weight, up to a request of each, and what they got back', () => {
    const lines = fc.array(fc.tuple(tenants, rows), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(steps, lines, fc.integer({ min: 1, max: 100 }), (before, more, turns) => {
        const list = new FairList<TestItem>();
        const { returned } = perform(list, before);
        for (const [tenant, rowCount] of more) list.append(request(tenant, rowCount));
        const served = new Map<string, number>();
        for (let turn = 0; turn < turns; turn++) {
          // Whose line ends has no claim to more.
          if (TENANTS.some((tenant) => list.sizeOf(tenant) === 1)) break;
          const item = runFirst(list);
          if (item !== undefined) served.set(item.tenant, (served.get(item.tenant) ?? 0) + item.charge);
        }
        const backlogged = TENANTS.filter((tenant) => list.sizeOf(tenant) > 0);
        const most = (tenant: string) => LARGEST / (WEIGHTS[tenant] ?? 1);
        for (const one of backlogged) {
          for (const other of backlogged) {
            const ahead = (served.get(one) ?? 0) - (served.get(other) ?? 0);
            expect(ahead).toBeLessThanOrEqual(most(one) + most(other) + (returned.get(one) ?? 0) + 1e-9);
          }
        }
      }),
    );
  });

  it('lets a tenant that comes wait for one request of each other at most, however many wait', () => {
    fc.assert(
      fc.property(fc.array(tenants, { minLength: 1, maxLength: 300 }), fc.nat(100), (before, turns) => {
        const list = new FairList<TestItem>();
        for (const tenant of before) list.append(fairItem({ tenant }));
        for (let turn = 0; turn < turns; turn++) runFirst(list);
        const others = new Set(all(list).map(({ tenant }) => tenant));
        const newcomer = fairItem({ tenant: 'new' });
        list.append(newcomer);
        expect(all(list).indexOf(newcomer)).toBeLessThanOrEqual(others.size);
      }),
    );
  });

  it('is a plain line where there is one tenant', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const list = new FairList<TestItem>();
        const ofOne = taken.map((each) => (each.kind === 'come' ? { ...each, tenant: 'a' } : each));
        const { waiting } = perform(list, ofOne);
        expect(all(list).map(({ callId }) => callId)).toEqual(waiting.get('a')?.map(({ callId }) => callId));
      }),
    );
  });
});
