import { expect, test } from 'vitest';
import { readRss } from './rss.js';

test.each(['linux', 'darwin'] as const)(
  'reads the memory of processes that run, and leaves out others (%s)',
  async (platform) => {
    const sizes = await readRss([process.pid, 4_194_304], platform);
    expect([...sizes.keys()]).toEqual([process.pid]);
    const rssBytes = sizes.get(process.pid) ?? 0;
    expect(rssBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    expect(rssBytes / process.memoryUsage.rss()).toBeLessThan(2);
  },
);

test('is empty when none of them runs', async () => {
  expect(await readRss([4_194_304], 'darwin')).toEqual(new Map());
  expect(await readRss([4_194_304], 'linux')).toEqual(new Map());
});
