import { describe, expect, it } from 'vitest';
import { encodeStatusMessage, grpcTimeoutMs } from './headers.js';

describe('grpcTimeoutMs', () => {
  it.each([
    [undefined, Number.POSITIVE_INFINITY],
    ['2H', 7_200_000],
    ['3M', 180_000],
    ['4S', 4_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['99999999n', 99.999999],
    ['0S', 0],
  ])('reads %s', (header, expected) => {
    expect(grpcTimeoutMs(header)).toBeCloseTo(expected, 9);
  });

  it.each(['', '5', 'S', '-1S', '1.5S', '123456789m', '5s', ' 5S'])("refuses '%s'", (header) => {
    expect(() => grpcTimeoutMs(header)).toThrow(
      `metadata grpc-timeout: expected at most 8 digits and one of the units H, M, S, m, u, n, got '${header}'`,
    );
  });
});

describe('encodeStatusMessage', () => {
  it.each([
    ["model 'm' is not found: 5 ~ 6", "model 'm' is not found: 5 ~ 6"],
    ['100 %', '100 %25'],
    ['two\nlines', 'two%0Alines'],
    ['größer 🙂', 'gr%C3%B6%C3%9Fer %F0%9F%99%82'],
  ])('turns %j into %j and back', (text, encoded) => {
    expect(encodeStatusMessage(text)).toBe(encoded);
    expect(decodeURIComponent(encoded)).toBe(text);
  });

  it('clips what is long, but between characters', () => {
    expect(encodeStatusMessage('a'.repeat(10_000))).toHaveLength(4_096);
    const clipped = encodeStatusMessage('🙂'.repeat(10_000));
    expect(clipped.length).toBeLessThanOrEqual(4_096);
    expect(decodeURIComponent(clipped)).toMatch(/^(🙂)+$/u);
  });
});
