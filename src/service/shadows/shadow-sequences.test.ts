import { describe, expect, it } from 'vitest';
import { ShadowSequences } from './shadow-sequences.js';

const step = (id: string | bigint, place: 'first' | 'next' | 'last' = 'next') => ({
  id,
  start: place === 'first',
  end: place === 'last',
});
const yes = () => true;
const no = () => false;

describe('the sequences of a shadow', () => {
  it('are chosen when they begin, as a whole', () => {
    const sequences = new ShadowSequences();
    const first = sequences.of('r', step(7n, 'first'), yes);
    expect(sequences.of('r', step(7n), no)).toBe(first);
    expect(sequences.of('r', step(7n, 'last'), no)).toBe(first);
    expect(sequences.of('r', step(7n), yes)).toBeUndefined();
    expect(sequences.of('r', step(8n, 'first'), no)).toBeUndefined();
    expect(sequences.of('r', step(8n), yes)).toBeUndefined();
  });

  it('are those of a route, and 7 is not "7"', () => {
    const sequences = new ShadowSequences();
    sequences.of('r', step(7n, 'first'), yes);
    expect(sequences.of('other', step(7n), yes)).toBeUndefined();
    expect(sequences.of('r', step('7'), yes)).toBeUndefined();
  });

  it('have ids of their own, of the same kind and size', () => {
    const sequences = new ShadowSequences();
    const idOf = (id: string | bigint) => sequences.of('r', step(id, 'first'), yes)?.id;
    expect(idOf('user')).toMatch(/^[\da-f-]{36}$/);
    for (let round = 0; round < 100; round++) {
      const small = idOf(7n) as bigint;
      expect(small >= 2n ** 30n && small < 2n ** 31n).toBe(true);
      const large = idOf(2n ** 40n) as bigint;
      expect(large >= 2n ** 61n && large < 2n ** 63n).toBe(true);
    }
  });

  it('that were quiet for longest are forgotten, and copied no further', () => {
    const sequences = new ShadowSequences();
    for (let id = 0n; id < 10_001n; id++) sequences.of('r', step(id, 'first'), yes);
    expect(sequences.of('r', step(0n), yes)).toBeUndefined();
    expect(sequences.of('r', step(1n), yes)).toBeDefined();
  });
});
