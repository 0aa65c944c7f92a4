import { expect, it } from 'vitest';
import { memoryNeed, needSince } from './runner-memory.js';

it('a model in its own process needs all of its memory', () => {
  expect(memoryNeed(undefined, { rssBytes: 100, peakRssBytes: 140 })).toEqual({ restBytes: 100, peakBytes: 140 });
});

it('a model in a shared process needs its growth', () => {
  const before = { rssBytes: 60, peakRssBytes: 90 };
  expect(memoryNeed(before, { rssBytes: 100, peakRssBytes: 140 })).toEqual({ restBytes: 40, peakBytes: 80 });
});

it('the peak of another model that loaded before is not counted', () => {
  const before = { rssBytes: 60, peakRssBytes: 200 };
  expect(memoryNeed(before, { rssBytes: 100, peakRssBytes: 200 })).toEqual({ restBytes: 40, peakBytes: 40 });
});

it('a shared process that has shrunk has a model that needs nothing', () => {
  const before = { rssBytes: 60, peakRssBytes: 90 };
  expect(memoryNeed(before, { rssBytes: 50, peakRssBytes: 90 })).toEqual({ restBytes: 0, peakBytes: 0 });
});

it('a process that has ended has no memory', async () => {
  expect(await needSince(undefined, { pid: 4_194_304 })).toBeUndefined();
});
