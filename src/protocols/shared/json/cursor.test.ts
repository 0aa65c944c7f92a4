import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCursor } from './cursor.js';

const cursorOf = (bytes: Uint8Array, end = bytes.length) => new JsonCursor(bytes, end);

describe('JsonCursor', () => {
  it('refuses what is not UTF-8 and says where', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from(bytes).toString();
        // The decoder puts U+FFFD where the bytes are wrong; the text before it tells the offset.
        const valid = Buffer.from(text).equals(bytes);
        if (valid) {
          expect(() => cursorOf(bytes)).not.toThrow();
          return;
        }
        let offset = 0;
        for (const char of text) {
          const encoded = Buffer.from(char);
          if (!encoded.equals(bytes.subarray(offset, offset + encoded.length))) break;
          offset += encoded.length;
        }
        expect(() => cursorOf(bytes)).toThrow(
          `invalid JSON at byte ${offset}: expected UTF-8 text, got a byte that is not`,
        );
      }),
      {
        numRuns: 1_000,
        examples: [
          [Uint8Array.of(0xed, 0xa0, 0x80)],
          [Uint8Array.of(0xc0, 0x80)],
          [Uint8Array.of(0x61, 0xf4, 0x90, 0x80, 0x80)],
          [Uint8Array.of(0xe2, 0x82)],
        ],
      },
    );
  });

  it('looks for UTF-8 in the JSON only, not in the data behind it', () => {
    expect(() => cursorOf(Uint8Array.of(0x7b, 0x7d, 0xff), 2)).not.toThrow();
  });

  it('skips a byte order mark', () => {
    expect(cursorOf(Buffer.from('\ufeff{}')).peek()).toBe('{'.charCodeAt(0));
  });

  it('ends where the JSON ends, whatever follows', () => {
    const cursor = cursorOf(Buffer.from('{} }'), 3);
    cursor.pos = 2;
    expect(cursor.peek()).toBe(-1);
    expect(() => cursor.expect('}'.charCodeAt(0), "'}'")).toThrow(
      "invalid JSON at byte 3: expected '}', got the end of the JSON",
    );
  });

  it.each([
    ['"x"', 'a string'],
    ['{}', 'an object'],
    ['[]', 'an array'],
    ['-1.5e+3,', '-1.5e+3'],
    ['null}', 'null'],
    ['}', "'}'"],
    ['\u0001', 'byte 0x01'],
    ['é', 'byte 0xc3'],
    ['x'.repeat(100), `${'x'.repeat(64)}…`],
    ['', 'the end of the JSON'],
  ])('describes %j in words', (text, expected) => {
    expect(cursorOf(Buffer.from(text)).describe(0)).toBe(expected);
  });
});
