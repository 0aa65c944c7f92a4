import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePatterns } from './name-patterns.js';

describe('patterns of names', () => {
  it('match what a regular expression with .* would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '@', '.', '\n'), maxLength: 6 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '@', '.', '*'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pattern, letters, (text, name) => {
        const source = text
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*');
        expect([text, name, parsePatterns([text]).matches(name)]).toEqual([
          text,
          name,
          new RegExp(`^${source}$`, 's').test(name),
        ]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [['*'], 'anything', true],
    [['llm'], 'llm', true],
    [['llm'], 'llm2', false],
    [['llm-*'], 'llm-', true],
    [['*b*b'], 'b', false],
    [['a*b*c'], 'a-b-c', true],
    [['a*b*c'], 'acb', false],
    [['a.c'], 'abc', false],
  ])('%s and %s', (patterns, name, matches) => {
    expect(parsePatterns(patterns).matches(name)).toBe(matches);
  });

  it('take no time to speak of, however many stars they have', () => {
    const { matches } = parsePatterns([`${'*a'.repeat(60)}*b`]);
    expect(matches('a'.repeat(4_000))).toBe(false);
  });
});
