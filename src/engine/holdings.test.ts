import { expect, test } from 'vitest';
import type { BodyMemory, Tensor } from '../core/index.js';
import { ByteBudget } from '../core/index.js';
import { Holdings } from './holdings.js';

/** How often each piece of data is held; what is in `over` belongs to requests that are over. */
class Ledger implements BodyMemory {
  readonly held = new Map<Uint8Array, number>();
  readonly over = new Set<Uint8Array>();

  claim(): undefined {
    return undefined;
  }

  hold(data: Uint8Array): boolean {
    if (this.over.has(data)) return false;
    this.held.set(data, (this.held.get(data) ?? 0) + 1);
    return true;
  }

  release(data: Uint8Array): void {
    this.held.set(data, (this.held.get(data) ?? 0) - 1);
  }

  get counts(): readonly number[] {
    return [...this.held.values()];
  }
}

function tensor(sizeBytes: number): Tensor {
  return { name: 'x', datatype: 'UINT8', shape: [sizeBytes], data: new Uint8Array(sizeBytes) };
}

test('a request holds its bytes and the memory of each input, until it is released', () => {
  const budget = new ByteBudget('it', 100);
  const bodies = new Ledger();
  const holdings = new Holdings(budget, bodies);
  const request = { inputs: [tensor(10), tensor(20)], sizeBytes: 40 };
  expect([holdings.take(request), budget.usedBytes, bodies.counts]).toEqual([undefined, 40, [1, 1]]);
  holdings.release(request);
  expect([budget.usedBytes, bodies.counts]).toEqual([0, [0, 0]]);
});

test('a request for which the budget has no room holds nothing', () => {
  const budget = new ByteBudget('it', 100);
  const bodies = new Ledger();
  const holdings = new Holdings(budget, bodies);
  expect(holdings.take({ inputs: [tensor(10)], sizeBytes: 101 })).toBe(budget);
  expect([budget.usedBytes, bodies.counts]).toEqual([0, []]);
});

test('a request whose memory may be used again already is refused, and holds nothing', () => {
  const budget = new ByteBudget('it', 100);
  const bodies = new Ledger();
  const request = { inputs: [tensor(10), tensor(20)], sizeBytes: 40 };
  bodies.over.add((request.inputs[1] as Tensor).data);
  expect(() => new Holdings(budget, bodies).take(request)).toThrow('the client is gone');
  expect([budget.usedBytes, bodies.counts]).toEqual([0, [0]]);
});

test('without memory of bodies only bytes are held', () => {
  const budget = new ByteBudget('it', 100);
  const holdings = new Holdings(budget, undefined);
  const request = { inputs: [tensor(10)], sizeBytes: 40 };
  holdings.take(request);
  holdings.release(request);
  expect(budget.usedBytes).toBe(0);
});
