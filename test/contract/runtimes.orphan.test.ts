import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { RUNNER_ENTRY } from '../support/runner-entry.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-orphan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dist = (file: string) => JSON.stringify(pathToFileURL(path.resolve(path.dirname(RUNNER_ENTRY), file)).href);
const server = path.join(folder, 'server.mjs');
/** Starts a process that nobody waits for, and has its id beside it. */
mkdirSync(path.join(folder, 'starting/1'), { recursive: true });
writeFileSync(
  path.join(folder, 'starting/1/model.mjs'),
  `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1e9)'], { stdio: 'inherit' });
  writeFileSync(new URL('child', import.meta.url), String(child.pid));
  export default { inputs: { x: 'UINT8[1]' }, outputs: { y: 'UINT8[1]' }, infer: ({ inputs }) => ({ y: inputs.x }) };
  `,
);
writeFileSync(
  server,
  `
  import { EventBus, systemClock } from ${dist('../../core/index.js')};
  import { BUILT_IN_RUNTIMES, createHost } from ${dist('../index.js')};
  const options = { maxRssBytes: 4e9, memoryPollIntervalMs: 500, closeTimeoutMs: 5000, entry: '' };
  const host = createHost({ options, runtimes: BUILT_IN_RUNTIMES, events: new EventBus(), clock: systemClock, memoryBytes: 8e9, environment: {} });
  const x = { name: 'x', datatype: 'UINT8', shape: [1], batchAxis: null, optional: false };
  const declared = { inputs: [x], outputs: [x] };
  const placement = { kind: 'process', maxRssBytes: 0 };
  const [mode, model] = process.argv.slice(2);
  const load = (name, spec) =>
    host.load({ ref: { name, version: 1, generation: 1 }, declared, sizeBytes: 0, ...spec }, placement, { instanceId: name + '/1#0', timeoutMs: 20_000 });
  const instance = model === 'starting'
    ? await load('starting', { runtime: 'script', path: ${JSON.stringify(path.join(folder, 'starting/1/model.mjs'))}, options: {} })
    : await load('echo', { runtime: 'echo', path: '/', options: { faults: true } });
  const run = (parameters) => instance.execute(
    { id: 1, rows: 1, items: [{ callId: 1, rows: 1, inputs: [], parameters }] }, () => undefined);
  if (model !== 'starting') await run({});
  if (mode === 'hang') void run({ fault: 'hang' });
  console.log(instance.pid);
  setInterval(() => undefined, 1_000_000);
  if (mode === 'exit') process.exit(0);
  if (mode === 'close') await host.close();
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

test.each([
  ['its server is killed', 'idle', 'server'],
  ['its server exits without closing anything', 'exit', undefined],
  ['its server closes it', 'close', undefined],
  ['it is killed, while its server goes on', 'idle', 'runner'],
] as const)('what a model has started ends with its runner where %s', async (_where, mode, killed) => {
  const child = spawn(process.execPath, [server, mode, 'starting'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const runnerPid = Number(await firstLine(child));
  const startedPid = Number(readFileSync(path.join(folder, 'starting/1/child'), 'utf8'));
  if (killed === 'server') child.kill('SIGKILL');
  if (killed === 'runner') process.kill(runnerPid, 'SIGKILL');
  for (const pid of [runnerPid, startedPid]) {
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 20 });
  }
});
