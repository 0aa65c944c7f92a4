import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRoom, type SlotCells } from './plan-room.js';

const idle = (held: number, lastUsed: number): SlotCells => ({ reserved: undefined, held, lastUsed });
const running = (reserved: number): SlotCells => ({ reserved, held: reserved, lastUsed: 0 });

describe('planRoom', () => {
  it.each([
    ['nothing is in the way', [idle(0, 0), running(50)], { slot: 0, needs: 50, source: undefined }, []],
    ['what the slot holds itself', [idle(50, 0), running(50)], { slot: 0, needs: 50, source: undefined }, []],
    [
      'what was used longest ago',
      [idle(0, 0), idle(40, 2), idle(40, 1)],
      { slot: 0, needs: 50, source: undefined },
      [2],
    ],
    ['the source last', [idle(0, 0), idle(40, 2), idle(40, 1)], { slot: 0, needs: 50, source: 2 }, [1]],
    ['all', [idle(0, 0), idle(40, 2), idle(40, 1)], { slot: 0, needs: 100, source: 2 }, [1, 2]],
    ['what runs', [idle(0, 0), running(60)], { slot: 0, needs: 50, source: undefined }, undefined],
  ])('makes room: %s', (_, slots, admission, expected) => {
    expect(planRoom(slots, admission, 100)).toEqual(expected);
  });

  const cells = fc.record({
    reserved: fc.option(fc.nat(60), { nil: undefined }),
    held: fc.nat(60),
    lastUsed: fc.nat(9),
  });
  const cases = fc.record({
    slots: fc.array(cells, { minLength: 1, maxLength: 9 }),
    needs: fc.nat(100),
    source: fc.nat(9),
  });

  it('never gives away more than there is, and takes nothing in vain', () => {
    fc.assert(
      fc.property(cases, ({ slots: given, needs, source }) => {
        const slots = given.map((slot, index) => (index === 0 ? { ...slot, reserved: undefined } : slot));
        const total = 150;
        const plan = planRoom(slots, { slot: 0, needs, source }, total);
        const runs = slots.reduce((sum, { reserved = 0 }) => sum + reserved, 0);
        // Who fits beside those that run is never made to wait for what is only kept.
        expect(plan === undefined).toBe(runs + needs > total);
        if (plan === undefined) return;
        const taken = (forgotten: readonly number[]) =>
          slots.reduce((sum, { reserved, held }, index) => {
            if (index === 0 || forgotten.includes(index)) return sum;
            return sum + (reserved ?? held);
          }, needs);
        expect(taken(plan)).toBeLessThanOrEqual(total);
        if (plan.length > 0) expect(taken(plan.slice(0, -1))).toBeGreaterThan(total);
        expect(plan.every((index) => index !== 0 && slots[index]?.reserved === undefined)).toBe(true);
      }),
    );
  });
});
