import { describe, expect, it } from 'vitest';
import { Overhead } from './overhead.js';

/** Whether a connection is a flood after so many seconds, in each of which so many bytes come. */
function floods(bytesPerSecond: number, seconds: number, overhead = new Overhead()): boolean {
  for (let second = 1; second <= seconds; second++) {
    if (overhead.isFlood(second * bytesPerSecond, 1_000)) return true;
  }
  return false;
}

describe('what a client sends besides requests', () => {
  it('may be 16 KiB a second for ever, and 256 KiB more at once', () => {
    expect(floods(16_384, 3_600)).toBe(false);
    expect(floods(262_144 + 16_384, 1)).toBe(false);
    expect(floods(262_144 + 16_385, 1)).toBe(true);
    expect(floods(2 * 16_384, 17)).toBe(true);
  });

  it('does not grow with what it sends of requests, and acknowledges of answers', () => {
    const overhead = new Overhead();
    let readBytes = 0;
    for (let second = 0; second < 60; second++) {
      for (let call = 0; call < 1_000; call++) {
        overhead.stream(200);
        overhead.request(100);
        // A window update of 13 bytes for the stream and one for the connection, for each 16 KiB.
        overhead.answer(64 * 16_384);
        readBytes += 200 + 9 + 100 + 9 + 64 * 26;
      }
      expect(overhead.isFlood(readBytes, 1_000)).toBe(false);
    }
  });

  it('may be the rest of large requests that are refused', () => {
    const overhead = new Overhead();
    for (let second = 1; second <= 60; second++) {
      for (let call = 0; call < 3; call++) overhead.unread();
      expect(overhead.isFlood(second * 3 * 1_048_576, 1_000)).toBe(false);
    }
  });

  it('is not saved up without end by requests', () => {
    const overhead = new Overhead();
    for (let call = 0; call < 100_000; call++) overhead.stream(1_000);
    overhead.isFlood(0, 1_000);
    expect(overhead.isFlood(4_194_304 + 262_144 + 16_385, 1_000)).toBe(true);
  });
});
