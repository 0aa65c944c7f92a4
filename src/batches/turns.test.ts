import { expect, it } from 'vitest';
import { nextBatch } from './turns.js';

const waiting = [
  { id: 'a1', owner: 'a' },
  { id: 'a2', owner: 'a' },
  { id: 'b1', owner: 'b' },
  { id: 'c1', owner: 'c' },
];
const next = (running: Readonly<Record<string, number>>, lastTurns: Readonly<Record<string, number>> = {}) =>
  nextBatch(waiting, {
    runningOf: (owner) => running[owner] ?? 0,
    lastTurnOf: (owner) => lastTurns[owner] ?? 0,
    maxRunningPerOwner: 2,
  })?.id;

it('an owner with fewer running batches is first', () => {
  expect(next({ a: 1, c: 1 })).toBe('b1');
});

it('of owners with as many, the one is first whose last turn is longest ago', () => {
  expect(next({}, { a: 3, b: 2, c: 1 })).toBe('c1');
});

it('batches of an owner go in their order', () => {
  expect(next({}, { b: 1, c: 2 })).toBe('a1');
});

it('an owner has no more running batches than it may', () => {
  expect(next({ a: 2, b: 2, c: 2 })).toBeUndefined();
});
