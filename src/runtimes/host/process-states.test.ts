import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { readProcessStates } from './process-states.js';

test.each(['linux', 'darwin'] as const)(
  'reads the memory of processes that run, and leaves out others (%s)',
  async (platform) => {
    const states = await readProcessStates([process.pid, 4_194_304], platform);
    expect([...states.keys()]).toEqual([process.pid]);
    const { rssBytes = 0, stopped } = states.get(process.pid) ?? {};
    expect(rssBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    expect(rssBytes / process.memoryUsage.rss()).toBeLessThan(2);
    expect(stopped).toBe(false);
  },
);

test('is empty when none of them runs', async () => {
  expect(await readProcessStates([4_194_304], 'darwin')).toEqual(new Map());
  expect(await readProcessStates([4_194_304], 'linux')).toEqual(new Map());
});

test.runIf(process.platform === 'linux')('tells which of them a signal has stopped', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  child.kill('SIGSTOP');
  while ((await readProcessStates([pid])).get(pid)?.stopped !== true) await new Promise(setImmediate);
  child.kill('SIGCONT');
  while ((await readProcessStates([pid])).get(pid)?.stopped !== false) await new Promise(setImmediate);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
