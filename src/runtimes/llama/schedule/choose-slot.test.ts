import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSlot, commonLength, type SlotView } from './choose-slot.js';

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
const free = (tokens: readonly number[], lastUsed = 0, salt = ''): SlotView => ({
  tokens,
  prompt: undefined,
  salt,
  lastUsed,
});
const busy = (tokens: readonly number[], prompt = tokens, salt = ''): SlotView => ({
  tokens,
  prompt,
  salt,
  lastUsed: 9,
});

describe('chooseSlot', () => {
  it('takes the free slot that holds most of the beginning', () => {
    const slots = [free(range(10)), free(range(50)), free([])];
    expect(chooseSlot(range(60), '', slots)).toEqual({ slot: 1, keep: 50, copyFrom: undefined });
  });

  it('takes the slot that was not used for longest where none holds anything of it', () => {
    const slots = [free(range(10, 500), 3), free([], 1), free([], 2)];
    expect(chooseSlot(range(60), '', slots)).toEqual({ slot: 1, keep: 0, copyFrom: undefined });
  });

  it('leaves the last token to be evaluated', () => {
    expect(chooseSlot(range(50), '', [free(range(50))])).toEqual({ slot: 0, keep: 49, copyFrom: undefined });
    expect(chooseSlot([1], '', [free([1])])).toEqual({ slot: 0, keep: 0, copyFrom: undefined });
  });

  it('copies what a busy slot holds', () => {
    expect(chooseSlot(range(100), '', [busy(range(90)), free([])])).toEqual({ slot: 1, keep: 90, copyFrom: 0 });
  });

  it('waits for what a slot is evaluating', () => {
    expect(chooseSlot(range(100), '', [busy(range(10), range(95)), free([])])).toBe('wait');
  });

  it('does not wait, or copy, for little', () => {
    expect(chooseSlot(range(100), '', [busy(range(10), range(20)), free([])])).toEqual({
      slot: 1,
      keep: 0,
      copyFrom: undefined,
    });
  });

  it('knows nothing of what others have sent', () => {
    const slots = [free(range(90), 5, 'other'), busy(range(90), range(90), 'other'), free([], 6, 'mine')];
    expect(chooseSlot(range(100), 'mine', slots)).toEqual({ slot: 0, keep: 0, copyFrom: undefined });
  });

  it('finds none where none is free', () => {
    expect(chooseSlot(range(10), '', [busy(range(10))])).toBeUndefined();
  });

  it('chooses a free slot, and keeps what is there for this caller', () => {
    const tokens = fc.array(fc.nat(1), { maxLength: 80 });
    const view = fc.record({
      tokens,
      prompt: fc.option(tokens, { nil: undefined }),
      salt: fc.constantFrom('a', 'b'),
      lastUsed: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(fc.nat(1), { minLength: 1, maxLength: 80 }),
        fc.array(view, { maxLength: 5 }),
        (prompt, slots) => {
          const choice = chooseSlot(prompt, 'a', slots);
          const busy = slots.filter((slot) => slot.prompt !== undefined);
          if (choice === undefined) expect(busy).toHaveLength(slots.length);
          else if (choice === 'wait') expect(busy.some(({ salt }) => salt === 'a')).toBe(true);
          else {
            expect(slots[choice.slot]?.prompt).toBeUndefined();
            const holder = slots[choice.copyFrom ?? choice.slot];
            expect(choice.keep).toBeLessThan(prompt.length);
            expect(choice.keep).toBeLessThanOrEqual(commonLength(holder?.tokens ?? [], prompt));
            if (choice.keep > 0) expect(holder?.salt).toBe('a');
          }
        },
      ),
    );
  });
});
