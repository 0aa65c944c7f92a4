import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTiming } from '../../core/index.js';
import { createRequestIds } from '../request-id.js';
import { responseCompression } from './encoding.js';
import { requestTimeoutMs } from './request-timeout.js';
import { formatServerTiming } from './server-timing.js';

describe('requestTimeoutMs', () => {
  it.each([
    [undefined, 1_000],
    ['250', 250],
    ['0.5', 0.5],
    ['999999999', 1_000],
  ])('of %s is %s', (header, expected) => {
    expect(requestTimeoutMs(header, 1_000)).toBe(expected);
  });

  it.each(['', '0', '-1', '1e3', '5s', 'Infinity', '0.0'])("refuses '%s'", (header) => {
    expect(() => requestTimeoutMs(header, 1_000)).toThrow(
      `header x-request-timeout-ms: expected milliseconds greater than 0, got '${header}'`,
    );
  });
});

describe('responseCompression', () => {
  it.each([
    [undefined, undefined],
    ['gzip', 'gzip'],
    ['GZIP;Q=0.5', 'gzip'],
    ['deflate;q=0.5, gzip;q=0.5', 'gzip'],
    ['gzip;q=0.4, identity;q=0.5', undefined],
    ['gzip;q=x', undefined],
    ['br, deflate', 'deflate'],
    ['', undefined],
  ])("of '%s' is %s", (header, expected) => {
    expect(responseCompression(header)).toBe(expected);
  });
});

describe('request ids', () => {
  it('are taken from the caller when they are harmless, else made, each once', () => {
    const requestId = createRequestIds();
    expect(requestId('Root=1-67891233-abcdef')).toBe('Root=1-67891233-abcdef');
    const made = [undefined, '', 'a b', 'x\u00e9', 'x'.repeat(129), ['a']].map((header) => requestId(header));
    expect(new Set(made).size).toBe(made.length);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('of two servers differ', () => {
    expect(createRequestIds()(undefined)).not.toBe(createRequestIds()(undefined));
  });
});

describe('formatServerTiming', () => {
  it('tells the stages that a call has been through', () => {
    const timing = {
      ...createTiming(1_000),
      decodedAt: 1_000.1234,
      enqueuedAt: 1_000.2,
      dequeuedAt: 1_001.7,
      startedAt: 1_002,
      finishedAt: 1_005.5,
      encodeMs: 0.0004,
    };
    expect(formatServerTiming(timing, 1_006)).toBe(
      'decode;dur=0.123, queue;dur=1.5, batch;dur=0.3, compute;dur=3.5, encode;dur=0, total;dur=6',
    );
  });

  it('tells the total alone where the stages would tell what other callers have sent', () => {
    const hit = {
      decodedAt: 1_001,
      enqueuedAt: 1_001,
      dequeuedAt: 1_002,
      startedAt: 1_002,
      finishedAt: 1_002,
      encodeMs: 1,
    };
    const timing = { ...createTiming(1_000), ...hit, cache: 'hit', cacheIsShared: true } as const;
    expect(formatServerTiming(timing, 1_006)).toBe('total;dur=6');
  });

  it('tells the total alone of what went no further', () => {
    expect(formatServerTiming(createTiming(1_000), 1_000.5)).toBe('total;dur=0.5');
  });

  it('has the microseconds of any duration, and nothing below zero', () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 1e9, noNaN: true }), (durationMs) => {
        const expected = Math.max(0, Math.round(durationMs * 1_000) / 1_000);
        expect(formatServerTiming(createTiming(0), durationMs)).toBe(`total;dur=${expected}`);
      }),
    );
  });

  it('leaves less than 8 bytes in the old space of the heap for a request', () => {
    setFlagsFromString('--expose-gc');
    const collect: (options: { readonly type: 'minor' | 'major' }) => void = runInNewContext('gc');
    const format = (times: number) => {
      for (let us = 0; us < times; us++) formatServerTiming(createTiming(0), us / 1_000);
    };
    // Compiled code and V8's own tables are there once, whatever the number of requests.
    format(20_000);
    collect({ type: 'major' });
    const before = oldSpaceBytes();
    format(1_000_000);
    // What outlives two of these is in the old space, where only a full collection finds that it is garbage.
    collect({ type: 'minor' });
    collect({ type: 'minor' });
    expect((oldSpaceBytes() - before) / 1_000_000).toBeLessThan(8);
  });
});

function oldSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
}
