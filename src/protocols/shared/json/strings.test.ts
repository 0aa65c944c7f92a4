import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBytes } from '../../../core/index.js';
import { JsonCursor } from './cursor.js';
import { packedSizeLimit } from './strings.js';
import { readTensorData } from './tensor-data.js';

/** Reads `data`, which other JSON follows, as BYTES. */
function read(data: string, count: number): Uint8Array {
  const body = Buffer.from(`{"data":${data},"more":"${'x'.repeat(100)}"}`);
  const cursor = new JsonCursor(body, body.length);
  cursor.pos = 8;
  return readTensorData(cursor, { tensor: { label: "input 'x'" }, datatype: 'BYTES', shape: [count], count });
}

describe('readStrings', () => {
  it.each([10, 1_000])('packs %d strings', (count) => {
    const texts = Array.from({ length: count }, (_, index) => `"${index}" é \\ ]`);
    const expected = packBytes(texts.map((text) => Buffer.from(text)));
    expect(Buffer.compare(read(JSON.stringify(texts), count), expected)).toBe(0);
  });

  it('packs strings longer than a byte counts', () => {
    const text = 'é'.repeat(100_000);
    expect(Buffer.compare(read(JSON.stringify([text]), 1), packBytes([Buffer.from(text)]))).toBe(0);
  });

  it('knows how much room packed strings need at most', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 })), (texts) => {
        const packed = packBytes(texts.map((text) => Buffer.from(text)));
        expect(packed.length).toBeLessThanOrEqual(packedSizeLimit(Buffer.byteLength(JSON.stringify(texts))));
      }),
    );
  });

  it('refuses a long array that does not end', () => {
    expect(() => read(`["${'x'.repeat(5_000)}"`, 1)).toThrow(
      "invalid JSON at byte 5122: expected ']' at the end of the array, got the end of the JSON",
    );
  });
});
