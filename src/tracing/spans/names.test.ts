import * as conventions from '@opentelemetry/semantic-conventions';
import { expect, it } from 'vitest';
import { NAMES } from './names.js';

it('names are those of the pinned semantic conventions', () => {
  const known = new Set<unknown>(Object.values(conventions));
  expect(Object.values(NAMES).filter((name) => !known.has(name))).toEqual([]);
});
