import { expect, it } from 'vitest';
import { openThreadTime } from './thread-time.js';

it('tells how long the thread itself has computed', () => {
  const threadMs = openThreadTime();
  const before = threadMs();
  let turns = 0;
  while (threadMs() - before < 5) turns++;
  expect(turns).toBeGreaterThan(0);
  const { user, system } = process.cpuUsage();
  expect(threadMs()).toBeLessThanOrEqual((user + system) / 1_000 + 20);
});
