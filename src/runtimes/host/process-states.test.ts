import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import { readProcessStates } from './process-states.js';

describe.each(['linux', 'darwin', 'win32'] as const)('readProcessStates as on %s', (platform) => {
  it('reads the memory of processes that run, and leaves out others', async () => {
    const states = await readProcessStates([process.pid, 4_194_304], platform);
    expect([...states.keys()]).toEqual([process.pid]);
    const { rssBytes = 0, stopped } = states.get(process.pid) ?? {};
    expect(rssBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    expect(rssBytes / process.memoryUsage.rss()).toBeLessThan(2);
    expect(stopped).toBe(false);
  });

  it('is empty when none of them runs', async () => {
    expect(await readProcessStates([4_194_304], platform)).toEqual(new Map());
  });
});

it.each(['linux', 'darwin'] as const)('tells which processes a signal has stopped (%s)', async (platform) => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const isStopped = async () => (await readProcessStates([pid], platform)).get(pid)?.stopped;
  child.kill('SIGSTOP');
  await until('the process is stopped', async () => (await isStopped()) === true);
  child.kill('SIGCONT');
  await until('the process goes on', async () => (await isStopped()) === false);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
