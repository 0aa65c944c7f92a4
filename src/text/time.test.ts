import { expect, it } from 'vitest';
import { parseTime } from './time.js';

it.each([
  ['2026-11-27', Date.UTC(2026, 10, 27)],
  ['2026-11-27T17:30Z', Date.UTC(2026, 10, 27, 17, 30)],
  ['2026-11-27T17:30:05.250+02:00', Date.UTC(2026, 10, 27, 15, 30, 5, 250)],
  ['2026-11-27T17:30', undefined],
  ['2026-02-31', undefined],
  ['2026-02-31T12:00:00Z', undefined],
  ['2026-11-27T25:00Z', undefined],
  ['27 November 2026', undefined],
  ['1', undefined],
  ['', undefined],
])("the time of '%s'", (text, timeMs) => {
  expect(parseTime(text)).toBe(timeMs);
});
