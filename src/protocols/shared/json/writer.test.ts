import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonWriter } from './writer.js';

const asText = (body: string | Uint8Array) => (typeof body === 'string' ? body : Buffer.from(body).toString());

describe('JsonWriter', () => {
  it('writes string literals that JSON.parse gives back', () => {
    const writer = new JsonWriter();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        writer.string(text);
        expect(JSON.parse(asText(writer.finish()))).toBe(text);
        writer.stringBytes(Buffer.from(text));
        expect(JSON.parse(asText(writer.finish()))).toBe(text);
      }),
    );
  });

  it('escapes as briefly as JSON allows and leaves everything else alone', () => {
    const writer = new JsonWriter();
    writer.string('a"\\\b\f\n\r\t\u0001\u001f\u007f/<é😀\u2028');
    expect(asText(writer.finish())).toBe('"a\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\u007f/<é😀\u2028"');
  });

  it('leaves bytes that are not UTF-8 as they are', () => {
    const writer = new JsonWriter();
    writer.stringBytes(Uint8Array.of(0xff, 0xfe));
    expect(writer.finish()).toEqual(Buffer.of(0x22, 0xff, 0xfe, 0x22));
  });

  it('gives short ASCII text as a string and everything else as bytes of its own', () => {
    const writer = new JsonWriter();
    writer.ascii('[1]');
    expect(writer.finish()).toBe('[1]');
    writer.string('é');
    const bytes = writer.finish();
    writer.ascii('the next text');
    expect(bytes).toEqual(Buffer.from('"é"'));
    expect(writer.finish()).toBe('the next text');
  });

  it('grows beyond its first buffer and comes back to it', () => {
    const writer = new JsonWriter();
    const parts = Array.from({ length: 5_000 }, (_, index) => `part ${index};`);
    for (const part of parts) writer.ascii(part);
    expect(asText(writer.finish())).toBe(parts.join(''));
    writer.ascii('short');
    expect(writer.finish()).toBe('short');
  });

  it('makes room for the escapes of a long string', () => {
    const writer = new JsonWriter();
    const text = `${'\u0001'.repeat(20_000)}end`;
    writer.string(text);
    expect(JSON.parse(asText(writer.finish()))).toBe(text);
  });

  it('forgets a text that was given up', () => {
    const writer = new JsonWriter();
    writer.string('é');
    writer.reset();
    writer.integers([1, -2, 3]);
    expect(writer.finish()).toBe('1,-2,3');
  });
});
