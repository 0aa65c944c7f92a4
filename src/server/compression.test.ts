import { gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Random } from '../../test/support/random.js';
import { compress } from './compression.js';

describe('compressing', () => {
  const noise = new Random(1).bytes(1_000_000);
  const pieces = ['{"é":', new Uint8Array(0), noise, '', Buffer.alloc(3_000_000, 'ab'), noise.subarray(1), '}'];

  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ] as const)('by %s joins neither what it is given nor what comes of it', async (compression, undo) => {
    const packed = await compress(pieces, compression);
    expect(packed.length).toBeGreaterThan(30);
    expect(Math.max(...packed.map(({ byteLength }) => byteLength))).toBe(65_536);
    const plain = undo(Buffer.concat(packed));
    expect(plain.equals(Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array))))).toBe(true);
  });

  it('makes a valid body of nothing', async () => {
    expect(gunzipSync(Buffer.concat(await compress([''], 'gzip')))).toHaveLength(0);
  });
});
