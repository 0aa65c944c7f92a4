import { describe, expect, it } from 'vitest';
import { createFilter } from './filter.js';

describe('what is looked for', () => {
  it('takes no time to speak of, however many stars it has', () => {
    const matches = createFilter({ resource: `${'*a'.repeat(60)}*b` });
    expect(matches({ time: '2026-11-27T17:30:00.000Z', resource: 'a'.repeat(512) })).toBe(false);
  });

  it('is told letter for letter, but for stars', () => {
    const matches = createFilter({ action: 'model.*' });
    const time = '2026-11-27T17:30:00.000Z';
    expect(['model.load', 'model.', 'models.load', undefined].map((action) => matches({ time, action }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
