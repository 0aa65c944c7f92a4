import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

it('reads durations with their units', () => {
  const texts = ['250ms', '90s', '10m', '1h30m', '1.5d', '0s', '1d2h3m4s5ms'];
  const expected = [250, 90_000, 600_000, 5_400_000, 129_600_000, 0, 93_784_005];
  expect(texts.map(parseDuration)).toEqual(expected);
});

it('reads nothing else', () => {
  for (const text of ['', '10', 'm', '-1s', '1 m', '10x', '1m1h', '1m2m', '1.s', '1e3s', 'NaNs'])
    expect(parseDuration(text), text).toBeUndefined();
});

it('says durations by their two largest units', () => {
  const durations = [0, 0.2, 250, 1_250, 90_000, 600_000, 5_400_000, 5_430_000, 86_400_000, 86_460_000, 59_999.7];
  const texts = durations.map(formatDuration);
  expect(texts).toEqual(['0s', '0s', '250ms', '1s250ms', '1m30s', '10m', '1h30m', '1h30m', '1d', '1d', '1m']);
});

it('reads what it says, but for what two units leave out', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000_000), (durationMs) => {
      const again = parseDuration(formatDuration(durationMs));
      expect(Math.abs((again ?? Number.NaN) - durationMs)).toBeLessThanOrEqual(Math.max(1, durationMs / 20));
    }),
  );
});
