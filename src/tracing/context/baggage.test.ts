import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBaggage } from './baggage.js';

const ALLOWED = new Set(['tier', 'region']);

it('only allowed keys are kept, decoded and without properties', () => {
  const header = 'tier=gold%20plus;ttl=3, secret=s ,region = eu';
  expect(parseBaggage(header, ALLOWED)).toEqual({ tier: 'gold plus', region: 'eu' });
  expect(parseBaggage(['tier=a', 'region=b'], ALLOWED)).toEqual({ tier: 'a', region: 'b' });
  expect(parseBaggage(header, new Set())).toEqual({});
});

it.each([
  undefined,
  '',
  'tier',
  'tier=%',
  'tier=%00',
  '__proto__=x',
  `tier=${'x'.repeat(1_021)}`,
  `${'x'.repeat(8_200)},tier=a`,
])('%j has nothing to keep', (header) => {
  expect(parseBaggage(header, new Set(['tier', '__proto__x']))).toEqual({});
});

it('whatever a caller sends, what is kept is allowed, printable and bounded', () => {
  const member = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('tier', 'region', 'x'), fc.string()).map((pair) => pair.join('=')),
  );
  fc.assert(
    fc.property(fc.array(member, { maxLength: 50 }), (members) => {
      const kept = Object.entries(parseBaggage(members.join(), ALLOWED));
      expect(kept.every(([key]) => ALLOWED.has(key))).toBe(true);
      expect(kept.flat().join('')).toMatch(/^\P{Cc}*$/u);
      expect(kept.flat().join('').length).toBeLessThanOrEqual(1_024);
    }),
  );
});
