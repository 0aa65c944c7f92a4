import { describe, expect, it } from 'vitest';
import { principalWith } from '../../../test/support/principals.js';
import { ShadowSequences } from './shadow-sequences.js';

const step = (id: string | bigint, place: 'first' | 'next' | 'last' = 'next') => ({
  id,
  start: place === 'first',
  end: place === 'last',
});
const yes = () => true;
const no = () => false;
const ALICE = { principal: principalWith('alice') };
const BOB = { principal: principalWith('bob') };

function createSequences() {
  const sequences = new ShadowSequences();
  const of = (
    route: string,
    control: ReturnType<typeof step>,
    { chosen, call = ALICE }: { readonly chosen: () => boolean; readonly call?: typeof ALICE },
  ) => sequences.of({ route, call, control }, chosen);
  return { of };
}

describe('the sequences of a shadow', () => {
  it('are chosen when they begin, as a whole', () => {
    const sequences = createSequences();
    const first = sequences.of('r', step(7n, 'first'), { chosen: yes });
    expect(sequences.of('r', step(7n), { chosen: no })).toBe(first);
    expect(sequences.of('r', step(7n, 'last'), { chosen: no })).toBe(first);
    expect(sequences.of('r', step(7n), { chosen: yes })).toBeUndefined();
    expect(sequences.of('r', step(8n, 'first'), { chosen: no })).toBeUndefined();
    expect(sequences.of('r', step(8n), { chosen: yes })).toBeUndefined();
  });

  it('are those of a route, and 7 is not "7"', () => {
    const sequences = createSequences();
    sequences.of('r', step(7n, 'first'), { chosen: yes });
    expect(sequences.of('other', step(7n), { chosen: yes })).toBeUndefined();
    expect(sequences.of('r', step('7'), { chosen: yes })).toBeUndefined();
  });

  it('are those of an owner: the same id of another caller is another sequence', () => {
    const sequences = createSequences();
    const ofAlice = sequences.of('r', step(7n, 'first'), { chosen: yes });
    expect(sequences.of('r', step(7n), { chosen: yes, call: BOB })).toBeUndefined();
    const ofBob = sequences.of('r', step(7n, 'first'), { chosen: yes, call: BOB });
    expect(ofBob).not.toBe(ofAlice);
    sequences.of('r', step(7n, 'last'), { chosen: yes, call: BOB });
    expect(sequences.of('r', step(7n), { chosen: no })).toBe(ofAlice);
  });

  it('of an owner with few are kept, however many another one begins', () => {
    const sequences = createSequences();
    const ofAlice = sequences.of('r', step(7n, 'first'), { chosen: yes });
    for (let id = 0n; id < 10_001n; id++) sequences.of('r', step(id, 'first'), { chosen: yes, call: BOB });
    expect(sequences.of('r', step(7n), { chosen: yes })).toBe(ofAlice);
  });

  it('have ids of their own, of the same kind and size', () => {
    const sequences = createSequences();
    const idOf = (id: string | bigint) => sequences.of('r', step(id, 'first'), { chosen: yes })?.id;
    expect(idOf('user')).toMatch(/^[\da-f-]{36}$/);
    for (let round = 0; round < 100; round++) {
      const small = idOf(7n) as bigint;
      expect(small >= 2n ** 30n && small < 2n ** 31n).toBe(true);
      const large = idOf(2n ** 40n) as bigint;
      expect(large >= 2n ** 61n && large < 2n ** 63n).toBe(true);
    }
  });

  it('that were quiet for longest are forgotten, and copied no further', () => {
    const sequences = createSequences();
    for (let id = 0n; id < 10_001n; id++) sequences.of('r', step(id, 'first'), { chosen: yes });
    expect(sequences.of('r', step(0n), { chosen: yes })).toBeUndefined();
    expect(sequences.of('r', step(1n), { chosen: yes })).toBeDefined();
  });
});
