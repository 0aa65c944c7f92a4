import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { CLI_ENTRY } from '../support/dist.js';
import { parseExposition } from '../support/metrics-fixture.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: text, datatype: BYTES, shape: [-1] }]\noutputs: [{ name: echo, datatype: BYTES, shape: [-1] }]\n';
const SLOW_ECHO = `${ECHO}echo: { delayMs: 1500 }\nbatching: { enabled: false }\n`;

interface Listening {
  readonly http: string;
  readonly metrics: string;
}

async function startServer(folder: string, ...flags: readonly string[]) {
  const cli = startCli(['serve', folder, ...FREE_PORTS, '--json', ...flags]);
  const { http, metrics } = await cli.nextEvent();
  return Object.assign(cli, { http: String(http), metrics: String(metrics) });
}

async function failuresOf({ metrics }: Pick<Listening, 'metrics'>, stream: string, code: string): Promise<number> {
  const samples = parseExposition(await (await fetch(`${metrics}/metrics`)).text());
  return samples.get(`millrace_output_failures_total{code="${code}",stream="${stream}"}`) ?? 0;
}

/** A request that has a log line, as all have that fail. */
const fail = ({ http }: Pick<Listening, 'http'>) => fetch(`${http}/v2/models/absent`);

async function answers({ http }: Pick<Listening, 'http'>, text: string): Promise<void> {
  const { outputs } = await connect(http)
    .model('echo')
    .infer({ text: [text] });
  expect(outputs.echo?.data).toEqual([text]);
}

/** Sends a request that takes a while, and resolves when it is at an instance. */
async function occupy(server: Listening) {
  const answered = answers(server, 'in flight');
  // Whether it is answered is for the test to say.
  answered.catch(() => undefined);
  await until('the request is at an instance', async () =>
    /^millrace_executing_requests\{.*\} 1$/m.test(await (await fetch(`${server.metrics}/metrics`)).text()),
  );
  return { answered };
}

it('a server whose log reader goes away answers on, and exits normally on SIGTERM', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': SLOW_ECHO, 'echo/1/': '' });
  await using server = await startServer(folder.path);
  await server.nextEvent();
  const { answered } = await occupy(server);
  server.child.stderr.destroy();
  await fail(server);
  await until('the failure is counted', async () => (await failuresOf(server, 'stderr', 'EPIPE')) > 0);
  expect(await server.nextEvent()).toEqual({
    event: 'output_failed',
    stream: 'stderr',
    code: 'EPIPE',
    message:
      'writing to the standard error failed: EPIPE (its reader has gone); the server continues, and counts further failures in millrace_output_failures_total',
  });
  await answered;
  await fail(server);
  await until('the next one is counted', async () => (await failuresOf(server, 'stderr', 'EPIPE')) > 1);
  server.child.kill('SIGTERM');
  expect(await server.nextEvent()).toEqual({ event: 'stopped' });
  expect((await server.ended).exit).toBe(0);
});

it('a server that loses the readers of both streams and is stopped by Ctrl-C answers what it has accepted', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': SLOW_ECHO, 'echo/1/': '' });
  await using cli = startCli(['serve', folder.path, ...FREE_PORTS]);
  await until('the server is ready', () => cli.written().out.includes('1 of 1 served'));
  const { out } = cli.written();
  const http = /requests +(\S+)/.exec(out)?.[1] ?? '';
  const metrics = /metrics +(\S+)\/metrics/.exec(out)?.[1] ?? '';
  const { answered } = await occupy({ http, metrics });
  cli.child.stdout.destroy();
  cli.child.stderr.destroy();
  cli.child.kill('SIGINT');
  await answered;
  expect((await cli.ended).exit).toBe(0);
});

it('a server whose standard output is read no more says so once in the log, and exits normally on SIGTERM', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': ECHO, 'echo/1/': '' });
  await using server = await startServer(folder.path, '--dev');
  await server.nextEvent();
  server.child.stdout.destroy();
  for (const rows of [2, 3]) {
    await writeFile(path.join(folder.path, 'echo/model.yaml'), `${ECHO}maxBatchSize: ${rows}\n`);
    await until('the announcement has failed', async () => (await failuresOf(server, 'stdout', 'EPIPE')) >= rows - 1);
  }
  await answers(server, 'hello');
  server.child.kill('SIGTERM');
  const { exit, err } = await server.ended;
  expect(exit).toBe(0);
  const reports = err.split('\n').filter((line) => line.includes('writing to the standard output failed: EPIPE'));
  expect(reports).toHaveLength(1);
  expect(JSON.parse(reports[0] ?? '')).toMatchObject({ level: 'error', room: 'app', stream: 'stdout', code: 'EPIPE' });
});

it('a server whose log is on a full disk answers', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': ECHO, 'echo/1/': '' });
  await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--json'], {
    runBy: ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh'],
  });
  // The first line of the log may come before or after the ports are open.
  const events = [await cli.nextEvent(), await cli.nextEvent(), await cli.nextEvent()];
  expect(events.map(({ event }) => event).sort()).toEqual(['listening', 'output_failed', 'ready']);
  expect(events.find(({ event }) => event === 'output_failed')).toMatchObject({ stream: 'stderr', code: 'ENOSPC' });
  const { http, metrics } = events.find(({ event }) => event === 'listening') ?? {};
  const server = { http: String(http), metrics: String(metrics) };
  await answers(server, 'hello');
  const before = await failuresOf(server, 'stderr', 'ENOSPC');
  await fail(server);
  await until('the next failure is counted', async () => (await failuresOf(server, 'stderr', 'ENOSPC')) > before);
  cli.child.kill('SIGTERM');
  expect((await cli.ended).exit).toBe(0);
});

it('a server whose standard output is on a full disk answers', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': ECHO, 'echo/1/': '' });
  await using cli = startCli(['serve', folder.path, ...FREE_PORTS], {
    runBy: ['sh', '-c', 'exec "$@" >/dev/full', 'sh'],
  });
  const message = /"msg":"writing to the standard output failed: ENOSPC \(the disk is full\); the server continues/;
  await until('the failure is reported', () => message.test(cli.written().err));
  await until('the model is ready', () => cli.written().err.includes('model echo/1 ready'));
  expect(cli.child.exitCode).toBeNull();
  cli.child.kill('SIGTERM');
  const { exit, err } = await cli.ended;
  expect(exit).toBe(0);
  expect(err.match(new RegExp(message, 'g'))).toHaveLength(1);
});

it('a server whose terminal goes away answers', async () => {
  await using folder = await createTempFolder({ 'echo/model.yaml': ECHO, 'echo/1/': '' });
  // In a session of its own it gets no SIGHUP when the terminal ends, only its failing writes.
  const command = `setsid --wait ${process.execPath} ${CLI_ENTRY} serve ${folder.path} ${FREE_PORTS.join(' ')} --json`;
  const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null']);
  let shown = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  await until('the server is ready', () => shown.includes('"event":"ready"'));
  const listening = JSON.parse(/^\{"event":"listening".*\}/m.exec(shown)?.[0] ?? '');
  try {
    terminal.kill('SIGKILL');
    await fail(listening);
    for (const stream of ['stderr', 'stdout']) {
      await until(`the ${stream} has failed`, async () => (await failuresOf(listening, stream, 'EIO')) > 0);
    }
    await answers(listening, 'hello');
  } finally {
    process.kill(listening.pid, 'SIGTERM');
  }
  await until('the server has ended', () => !isAlive(listening.pid));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('a start that fails has its exit code, also where no reader is there for the reason', async () => {
  await using folder = await createTempFolder({ 'broken/1/model.onnx': 'no model' });
  await using cli = startCli(['serve', folder.path, ...FREE_PORTS, '--strict']);
  cli.child.stderr.destroy();
  expect((await cli.ended).exit).toBe(1);
});

it('other commands end quietly when their reader has seen enough', async () => {
  await using cli = startCli(['config', 'print']);
  cli.child.stdout.destroy();
  expect(await cli.ended).toMatchObject({ exit: 0, err: '' });
});
