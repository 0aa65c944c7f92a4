import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCursor } from './cursor.js';
import { readString, readStringBytes, skipString } from './string.js';

const PREFIX = '{"s":';

/** A cursor in front of `literal`, which is a member's value. */
function cursorAt(literal: string | Uint8Array, close = '}'): JsonCursor {
  const body = Buffer.concat([Buffer.from(PREFIX), Buffer.from(literal), Buffer.from(close)]);
  const cursor = new JsonCursor(body, body.length);
  cursor.pos = PREFIX.length;
  return cursor;
}

/** The literal of a text with some of its characters escaped although they need not be. */
function escapeSome(text: string, escaped: readonly boolean[]): string {
  const units = Array.from(text, (char, index) => {
    if (!escaped[index % Math.max(1, escaped.length)]) return JSON.stringify(char).slice(1, -1);
    return [...Array(char.length).keys()]
      .map((unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`)
      .join('');
  });
  return `"${units.join('')}"`;
}

const text = fc.string({ unit: 'binary', maxLength: 60 });

describe('strings', () => {
  it('are read as JSON.parse reads them', () => {
    fc.assert(
      fc.property(text, fc.array(fc.boolean(), { maxLength: 5 }), (value, escaped) => {
        const literal = escapeSome(value, escaped);
        const cursor = cursorAt(literal);
        expect(readString(cursor)).toBe(JSON.parse(literal));
        expect(cursor.peek()).toBe('}'.charCodeAt(0));

        const skipping = cursorAt(literal);
        skipString(skipping);
        expect(skipping.pos).toBe(cursor.pos);

        const out = new Uint8Array(Buffer.byteLength(literal));
        const end = readStringBytes(Object.assign(cursorAt(literal), { pos: PREFIX.length + 1 }), out, 0);
        expect(Buffer.from(out.subarray(0, end)).toString()).toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('resolve all short escapes', () => {
    expect(readString(cursorAt('"\\"\\\\\\/\\b\\f\\n\\r\\t"'))).toBe('"\\/\b\f\n\r\t');
  });

  it.each([
    ['"a', '}', "invalid JSON at byte 8: expected '\"' at the end of the string, got the end of the JSON"],
    ['"\\ud800"', '}', 'invalid JSON at byte 6: expected a pair of surrogates, got half of one'],
    ['"\\udc00"', '}', 'invalid JSON at byte 6: expected a pair of surrogates, got half of one'],
    ['"\\ud800\\ud800"', '}', 'invalid JSON at byte 6: expected a pair of surrogates, got half of one'],
    ['"\\ud800x"', '}', 'invalid JSON at byte 6: expected a pair of surrogates, got half of one'],
    ['"\\u12g4"', '}', 'invalid JSON at byte 8: expected four hexadecimal digits, got 12g4'],
    ['"\\u12', '', 'invalid JSON at byte 8: expected four hexadecimal digits, got 12'],
    ['"\\x41"', '}', 'invalid JSON at byte 7: expected one of "\\/bfnrtu behind the backslash, got x41'],
    ['"\\', '', 'invalid JSON at byte 7: expected one of "\\/bfnrtu behind the backslash, got the end of the JSON'],
    ['"a\nb"', '}', 'invalid JSON at byte 7: expected control characters in a string to be escaped, got byte 0x0a'],
    ['5', '}', 'invalid JSON at byte 5: expected a string, got 5'],
  ])('are refused when they are like %j', (literal, close, message) => {
    expect(() => readString(cursorAt(literal, close))).toThrow(message);
    expect(() => skipString(cursorAt(literal, close))).toThrow(message);
  });
});
