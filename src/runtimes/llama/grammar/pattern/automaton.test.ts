import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Place, placesOf, type TextRule } from './automaton.js';
import { Budget, PatternTooLarge } from './budget.js';
import { compilePattern } from './match.js';
import { parsePattern } from './parse.js';

const budget = () => new Budget(200_000);
const contains = (source: string): TextRule => ({ kind: 'contains', pattern: parsePattern(source) });
const whole = (source: string): TextRule => ({ kind: 'whole', pattern: parsePattern(source) });
const lacks = (source: string): TextRule => ({ kind: 'lacks', pattern: parsePattern(source) });

/** The places of rules that are not too large. */
function some(rules: readonly TextRule[]): readonly Place[] | undefined {
  try {
    return placesOf(rules, budget());
  } catch (error) {
    if (error instanceof PatternTooLarge) fc.pre(false);
    throw error;
  }
}

/** Whether a text goes along the places, and may end there. */
function takes(places: readonly Place[] | undefined, text: string): boolean {
  let place = places?.[0];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const next = place?.next.find(({ ranges }) => ranges.some(([from, to]) => code >= from && code <= to));
    place = next && places?.[next.place];
  }
  return place?.mayEnd ?? false;
}

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(?:)', '^', '$', '😀');
const count = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}');
const { choice } = fc.letrec<{ choice: string; term: string }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(atom, count).map(([each, times]) => (/[$^]/.test(each) && each.length === 1 ? each : each + times)),
    fc
      .tuple(fc.constantFrom('(?:', '(?=', '(?!'), tie('choice'), count)
      .map(([open, inner, times]) => (open === '(?:' ? `(?:${inner})${times}` : `${open}${inner})`)),
  ),
  choice: fc
    .array(
      fc.array(tie('term'), { maxLength: 3 }).map((terms) => terms.join('')),
      { minLength: 1, maxLength: 2 },
    )
    .map((parts) => parts.join('|')),
}));
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n', '😀'), maxLength: 6 });

describe('the places of a pattern', () => {
  test('take the texts that it matches, and no others', () => {
    fc.assert(
      fc.property(choice, fc.array(text, { maxLength: 8 }), (source, texts) => {
        const [places, without] = [some([contains(source)]), some([lacks(source)])];
        const pattern = compilePattern(source);
        for (const each of texts) {
          const matches = pattern.test(each);
          expect([each, takes(places, each), takes(without, each)]).toEqual([each, matches, !matches]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('take whole texts as RegExp does between both ends', () => {
    fc.assert(
      fc.property(choice, fc.array(text, { maxLength: 8 }), (source, texts) => {
        const places = some([whole(source)]);
        const expected = new RegExp(`^(?:${source})$`, 'u');
        for (const each of texts) expect([each, takes(places, each)]).toEqual([each, expected.test(each)]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('lead to an end, each of them, and differ in their characters', () => {
    fc.assert(
      fc.property(choice, (source) => {
        const places = some([contains(source), { kind: 'other', than: ['a', 'ab'] }]) ?? [];
        const ends = new Set(places.flatMap(({ mayEnd }, at) => (mayEnd ? [at] : [])));
        for (let size = -1; size < ends.size; ) {
          size = ends.size;
          for (const [at, { next }] of places.entries()) if (next.some(({ place }) => ends.has(place))) ends.add(at);
        }
        expect(ends.size).toBe(places.length);
        for (const { next } of places) {
          const ranges = next.flatMap((each) => each.ranges).toSorted(([one], [other]) => one - other);
          for (const [at, [from]] of ranges.entries()) expect(from).toBeGreaterThan(ranges[at - 1]?.[1] ?? -1);
        }
      }),
    );
  });

  test('are those of all rules together', () => {
    const places = placesOf([contains('^a'), whole('.{2,3}'), { kind: 'other', than: ['ab', 'abc'] }], budget());
    for (const each of ['aa', 'abb', 'a😀']) expect(takes(places, each)).toBe(true);
    for (const each of ['a', 'ab', 'abc', 'ba', 'aaaa']) expect(takes(places, each)).toBe(false);
  });

  test.each([['a$b'], ['(?=a)b'], ['^(?!a|[^a])b'], ['b^']])('are none where nothing matches: %s', (source) => {
    expect(placesOf([contains(source)], budget())).toBeUndefined();
  });

  test.each(['a.{20}b.{20}$', '^(?:.{1000}){3}$', 'a?'.repeat(700), '(?:a{1000}){1000}', `[${'ab'}]`.repeat(1_300)])(
    'are bounded: %s',
    (source) => {
      expect(() => placesOf([contains(source)], budget())).toThrow(PatternTooLarge);
    },
  );
});
