import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCursor } from './cursor.js';
import { skipUnchecked, skipValue } from './skip.js';

function cursorAt(text: string): JsonCursor {
  const body = Buffer.from(`{"v":${text}}`);
  const cursor = new JsonCursor(body, body.length);
  cursor.pos = 5;
  return cursor;
}

/** What follows the value that was skipped. */
function rest(cursor: JsonCursor): string {
  return cursor.bytes.toString('utf8', cursor.pos, cursor.end);
}

describe('skipValue', () => {
  it('takes any JSON value as a whole', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (json, space) => {
        const cursor = cursorAt(`${space}${json}`);
        skipValue(cursor);
        expect(rest(cursor)).toBe('}');
      }),
      { numRuns: 500 },
    );
  });

  it.each(['NaN', '-Infinity', '[NaN,Infinity]'])('takes %s, which JSON does not have', (text) => {
    const cursor = cursorAt(text);
    skipValue(cursor);
    expect(rest(cursor)).toBe('}');
  });

  it.each([
    ['tru', 'invalid JSON at byte 5: expected a value, got tru'],
    ['nul', 'invalid JSON at byte 5: expected a value, got nul'],
    ['undefined', 'invalid JSON at byte 5: expected a value, got undefined'],
    ['[1,]', "invalid JSON at byte 8: expected a value, got ']'"],
    ['[1 2]', "invalid JSON at byte 8: expected ',' or ']', got 2"],
    ['{"a" 1}', "invalid JSON at byte 10: expected ':', got 1"],
    ['{a:1}', 'invalid JSON at byte 6: expected a string, got a'],
    ['{"a":1,}', "invalid JSON at byte 12: expected a string, got '}'"],
    ["'a'", "invalid JSON at byte 5: expected a value, got '''"],
    ['', "invalid JSON at byte 5: expected a value, got '}'"],
  ])('refuses %j', (text, expected) => {
    expect(() => skipValue(cursorAt(text))).toThrow(expected);
  });

  it('refuses values nested more than 64 deep', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => skipValue(cursorAt(nested(65)))).not.toThrow();
    expect(() => skipValue(cursorAt(nested(100_000)))).toThrow(
      'invalid JSON at byte 70: expected values nested at most 64 deep, got an array',
    );
  });
});

describe('skipUnchecked', () => {
  it('takes an array of strings, numbers and arrays as a whole', () => {
    const { tree } = fc.letrec<{ tree: unknown[]; leaf: unknown }>((tie) => ({
      tree: fc.array(fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('tree')), { maxLength: 4 }),
      leaf: fc.oneof(fc.string({ unit: fc.constantFrom('[', ']', '"', '\\', 'a') }), fc.integer()),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const cursor = cursorAt(JSON.stringify(value));
        skipUnchecked(cursor);
        expect(rest(cursor)).toBe('}');
      }),
      { numRuns: 500 },
    );
  });

  it('refuses an array that does not end', () => {
    expect(() => skipUnchecked(cursorAt('[[1],"]"'))).toThrow(
      "invalid JSON at byte 14: expected ']' at the end of the array, got the end of the JSON",
    );
  });
});
