import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { RUNNER_ENTRY } from '../support/runner-entry.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-orphan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dist = (file: string) => JSON.stringify(pathToFileURL(path.resolve(path.dirname(RUNNER_ENTRY), file)).href);
const server = path.join(folder, 'server.mjs');
writeFileSync(
  server,
  `
  import { EventBus, systemClock } from ${dist('../../core/index.js')};
  import { BUILT_IN_RUNTIMES, createHost } from ${dist('../index.js')};
  const options = { maxRssBytes: 4e9, memoryPollIntervalMs: 500, closeTimeoutMs: 5000, entry: '' };
  const host = createHost({ options, runtimes: BUILT_IN_RUNTIMES, events: new EventBus(), clock: systemClock, environment: {} });
  const x = { name: 'x', datatype: 'UINT8', shape: [1], batchAxis: null, optional: false };
  const spec = {
    ref: { name: 'echo', version: 1, generation: 1 }, runtime: 'echo', path: '/', options: { faults: true },
    declared: { inputs: [x], outputs: [x] },
  };
  const placement = { kind: 'process', maxRssBytes: 0 };
  const instance = await host.load(spec, placement, { instanceId: 'echo/1#0', timeoutMs: 20_000 });
  const run = (parameters) => instance.execute(
    { id: 1, rows: 1, items: [{ callId: 1, rows: 1, inputs: [], parameters }] }, () => undefined);
  await run({});
  if (process.argv[2] === 'hang') void run({ fault: 'hang' });
  console.log(instance.pid);
  setInterval(() => undefined, 1_000_000);
  if (process.argv[2] === 'exit') process.exit(0);
  `,
);

/** True while the process runs; one that has ended but was not reaped yet does not. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the server ended without a word');
}

test.each([
  ['an idle runner ends when its server is killed', 'idle', 'SIGKILL'],
  ['a hanging runner ends when its server is killed', 'hang', 'SIGKILL'],
  ['a runner ends when its server exits without closing anything', 'exit', undefined],
] as const)('%s', async (_name, mode, signal) => {
  const child = spawn(process.execPath, [server, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const runnerPid = Number(await firstLine(child));
  expect(runnerPid).toBeGreaterThan(0);
  if (signal !== undefined) child.kill(signal);
  await vi.waitFor(() => expect(isRunning(runnerPid)).toBe(false), { timeout: 10_000, interval: 20 });
});
