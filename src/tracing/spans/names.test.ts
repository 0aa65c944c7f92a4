import * as conventions from '@opentelemetry/semantic-conventions';
import * as inDevelopment from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';
import { GEN_AI_NAMES, NAMES } from './names.js';

it('names are those of the pinned semantic conventions', () => {
  const known = new Set<unknown>(Object.values(conventions));
  expect(Object.values(NAMES).filter((name) => !known.has(name))).toEqual([]);
});

it('names for generative AI are those that the pinned conventions have in development', () => {
  const known = new Set<unknown>(Object.values(inDevelopment));
  expect(Object.values(GEN_AI_NAMES).filter((name) => !known.has(name))).toEqual([]);
});
