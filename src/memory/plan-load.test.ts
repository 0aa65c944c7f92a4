import { expect, it } from 'vitest';
import type { Resident } from './eviction.js';
import { planLoad, type Room } from './plan-load.js';

const resident = (name: string, change: Partial<Resident> = {}): Resident => ({
  name,
  bytes: 60,
  reloadMs: 100,
  rate: 1,
  isProtected: false,
  ...change,
});
const room = (change: Partial<Room> = {}): Room => ({
  budgetBytes: 400,
  heldBytes: 100,
  fixedBytes: 100,
  reservedBytes: 0,
  residents: [],
  ...change,
});

it('a model loads where its peak fits beside everything that is held and promised', () => {
  expect(planLoad(200, room({ reservedBytes: 100 }))).toEqual({ kind: 'load', victims: [] });
  expect(planLoad(201, room({ reservedBytes: 100 }))).toEqual({ kind: 'wait', missingBytes: 1 });
});

it('the least valuable models go until the peak fits', () => {
  const residents = [resident('a', { rate: 3 }), resident('b', { rate: 1 }), resident('c', { rate: 2 })];
  const plan = planLoad(210, room({ heldBytes: 280, residents }));
  expect(plan).toEqual({ kind: 'load', victims: [residents[1], residents[2]] });
});

it('a load waits while models that must stay are in the way', () => {
  const residents = [resident('busy', { isProtected: true, bytes: 200 })];
  expect(planLoad(150, room({ heldBytes: 300, residents }))).toEqual({ kind: 'wait', missingBytes: 50 });
});

it('a model that is larger than all that can ever be free is too large', () => {
  expect(planLoad(301, room())).toEqual({ kind: 'tooLarge', freeBytes: 300 });
  expect(planLoad(1, room({ fixedBytes: 500, heldBytes: 500 }))).toEqual({ kind: 'tooLarge', freeBytes: 0 });
});
