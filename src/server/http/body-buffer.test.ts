import { afterEach, describe, expect, it, vi } from 'vitest';
import { BodyBuffer } from './body-buffer.js';

const MIB = 1_048_576;
/** What a socket is read by. */
const CHUNK_BYTES = 65_536;

afterEach(() => void vi.restoreAllMocks());

/** The body of so many bytes, each of which tells where it is. */
function patternOf(bytes: number): Buffer {
  return Buffer.alloc(
    bytes,
    Uint8Array.from({ length: 251 }, (_, at) => at),
  );
}

function collect(body: Buffer, declaredBytes?: number) {
  const buffer = new BodyBuffer(declaredBytes);
  for (let at = 0; at < body.length; at += CHUNK_BYTES) buffer.add(body.subarray(at, at + CHUNK_BYTES));
  return buffer.take();
}

describe('a body', () => {
  it.each([
    ['of the default limit, with its length', 64 * MIB, true],
    ['of twice that, with its length', 135 * MIB + 1, true],
    ['without its length', 50 * MIB + 1, false],
  ] as const)('%s arrives whole, and no turn of the loop copies much of it', async (_what, bytes, declared) => {
    const body = patternOf(bytes);
    const copied = vi.spyOn(Uint8Array.prototype, 'set');
    const whole = await collect(body, declared ? bytes : undefined);
    expect(Math.max(...copied.mock.calls.map(([piece]) => piece.length))).toBeLessThanOrEqual(4.25 * MIB);
    expect(body.equals(whole)).toBe(true);
  });

  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, MIB])('of %i bytes is there at once', (bytes) => {
    const body = patternOf(bytes);
    expect(body.equals(collect(body, bytes) as Uint8Array)).toBe(true);
    expect(body.equals(collect(body) as Uint8Array)).toBe(true);
  });

  it('of one chunk is that chunk', () => {
    const body = patternOf(10);
    const buffer = new BodyBuffer(undefined);
    buffer.add(body);
    expect((buffer.take() as Uint8Array).buffer).toBe(body.buffer);
  });

  it('of several chunks is received into memory that is claimed for it, once', () => {
    const body = patternOf(3 * CHUNK_BYTES);
    const memory = new Uint8Array(body.byteLength);
    const claim = vi.fn(() => memory);
    const buffer = new BodyBuffer(body.byteLength, claim);
    for (let at = 0; at < body.length; at += CHUNK_BYTES) {
      buffer.add(body.subarray(at, at + CHUNK_BYTES));
      expect(claim).toHaveBeenCalledTimes(at === 0 ? 0 : 1);
    }
    const whole = buffer.take() as Uint8Array;
    expect([whole.buffer === memory.buffer, body.equals(whole)]).toEqual([true, true]);
  });

  it('for which no memory can be claimed is received into memory of its own, and nobody asks again', () => {
    const body = patternOf(100 * CHUNK_BYTES);
    const claim = vi.fn(() => undefined);
    const buffer = new BodyBuffer(body.byteLength, claim);
    for (let at = 0; at < body.length; at += CHUNK_BYTES) buffer.add(body.subarray(at, at + CHUNK_BYTES));
    expect([body.equals(buffer.take() as Uint8Array), claim.mock.calls.length]).toEqual([true, 1]);
  });

  it('is believed no further than a few times what has come', () => {
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const buffer = new BodyBuffer(1_024 * MIB);
    for (let count = 0; count < 3; count++) buffer.add(new Uint8Array(CHUNK_BYTES));
    expect(allocated.mock.calls).toEqual([[32 * 2 * CHUNK_BYTES]]);
  });
});
