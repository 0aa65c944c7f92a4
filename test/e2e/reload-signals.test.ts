import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quoteShell } from '../../src/text/index.js';
import { type CliProcess, FREE_PORTS, startCli } from '../support/cli-process.js';
import { CLI_ENTRY } from '../support/dist.js';
import { bearer } from '../support/key-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';
import { WAITING_MODEL } from '../support/waiting-model.js';

const OPS = '{ name: ops, key: ops-key-0123456789, scopes: [manage, infer] }';
const APP = '{ name: app, key: app-key-0123456789, scopes: [infer] }';
const written = (...keys: readonly string[]) => `auth: { keys: [${keys.join(', ')}] }\n`;

const createFolder = () =>
  createTempFolder({ 'models/waiting/1/model.js': WAITING_MODEL, 'millrace.yaml': written(OPS) });

function serve({ path: cwd }: TempFolder, options: Parameters<typeof startCli>[1] = {}): CliProcess {
  return startCli(['serve', path.join(cwd, 'models'), ...FREE_PORTS, '--json'], { cwd, ...options });
}

/** All that is logged so far. */
function logOf({ child }: CliProcess): () => readonly string[] {
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => `${JSON.parse(line).level}: ${JSON.parse(line).msg}`);
}

describe('SIGHUP to a server without a terminal', () => {
  it('reloads, says so in the log, and lets streams go on', async () => {
    await using folder = await createFolder();
    await using cli = serve(folder, { detached: true });
    const log = logOf(cli);
    const { http } = await cli.nextEvent();
    await cli.nextEvent();
    const gate = path.join(folder.path, 'gate');
    const ask = (who: string, body: object) =>
      fetch(`${http}/v2/models/waiting/generate_stream`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...bearer(`${who}-key-0123456789`), 'content-type': 'application/json' },
      });
    const streaming = await ask('ops', { text_input: gate });
    expect(streaming.status).toBe(200);
    writeFileSync(path.join(folder.path, 'millrace.yaml'), written(OPS, APP));
    cli.child.kill('SIGHUP');
    await until('it has reloaded', () => log().some((line) => line.startsWith('info: reload by SIGHUP: ')));
    writeFileSync(gate, '');
    expect(await streaming.text()).toMatch(/first[\s\S]*second/);
    expect(await (await ask('app', { text_input: gate })).text()).toMatch(/first[\s\S]*second/);
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(0);
  });

  it('reports a file that cannot be used, and never ends the server', async () => {
    await using folder = await createFolder();
    await using cli = serve(folder, { detached: true });
    const log = logOf(cli);
    await cli.nextEvent();
    await cli.nextEvent();
    writeFileSync(path.join(folder.path, 'millrace.yaml'), 'auth: [\n');
    cli.child.kill('SIGHUP');
    await until('it says so', () => log().includes('warn: reload by SIGHUP: nothing changed; 1 not usable'));
    expect(log().some((line) => /^warn: \S+ is not usable, what was in force stays: /.test(line))).toBe(true);
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(0);
  });

  it('reloads while models are loading', async () => {
    await using folder = await createTempFolder({
      'models/slow/1/model.js': 'await new Promise(() => setInterval(() => {}, 1e6));',
      'millrace.yaml': written(OPS),
    });
    await using cli = serve(folder, { detached: true });
    const log = logOf(cli);
    await cli.nextEvent();
    cli.child.kill('SIGHUP');
    await until('it has reloaded', () => log().includes('info: reload by SIGHUP: nothing changed'));
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(0);
  });

  it('is ignored while the server drains', async () => {
    await using folder = await createFolder();
    await using cli = serve(folder, { detached: true });
    const log = logOf(cli);
    const { http } = await cli.nextEvent();
    await cli.nextEvent();
    const gate = path.join(folder.path, 'gate');
    const streaming = await fetch(`${http}/v2/models/waiting/generate_stream`, {
      method: 'POST',
      body: JSON.stringify({ text_input: gate }),
      headers: { ...bearer('ops-key-0123456789'), 'content-type': 'application/json' },
    });
    cli.child.kill('SIGTERM');
    await until('it is not ready', async () => (await fetch(`${http}/v2/health/ready`)).status === 503);
    cli.child.kill('SIGHUP');
    writeFileSync(gate, '');
    expect(await streaming.text()).toMatch(/first[\s\S]*second/);
    expect((await cli.ended).exit).toBe(0);
    expect(log().filter((line) => line.includes('SIGHUP'))).toEqual([]);
  });
});

describe('SIGHUP to a server with a terminal', () => {
  /** Runs a shell command in a terminal of its own, and resolves with its exit code once it ends. */
  function inTerminal(command: string, cwd: string): Promise<number> {
    // Its standard input stays open: what ends there would end in the terminal, too.
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd });
    onTestFinished(() => void child.kill('SIGKILL'));
    return once(child, 'close').then(([code]) => code);
  }

  /** Lines that the server writes into a file, as JSON. */
  function linesOf(file: string): readonly Readonly<Record<string, unknown>>[] {
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /** Starts it by a line of shell around its command, and resolves with its process id once its models are served. */
  async function start({ path: cwd }: TempFolder, line: (command: string) => string) {
    const command = [process.execPath, CLI_ENTRY, 'serve', 'models', ...FREE_PORTS, '--json'].map(quoteShell).join(' ');
    const exit = inTerminal(line(command), cwd);
    const out = path.join(cwd, 'out');
    await until('the models are served', () => linesOf(out).length === 2);
    return { exit, pid: Number(linesOf(out)[0]?.pid), log: () => linesOf(path.join(cwd, 'log')).map(({ msg }) => msg) };
  }

  it('drains, as at SIGTERM: its terminal is closed', async () => {
    await using folder = await createFolder();
    const { exit, pid } = await start(folder, (command) => `${command} > out`);
    process.kill(pid, 'SIGHUP');
    expect(await exit).toBe(0);
    expect(linesOf(path.join(folder.path, 'out')).at(-1)).toEqual({ event: 'stopped' });
  });

  it('reloads under nohup, which leaves it the terminal but no stream to it', async () => {
    await using folder = await createFolder();
    const { exit, pid, log } = await start(folder, (command) => `nohup ${command} > out 2> log < /dev/null`);
    process.kill(pid, 'SIGHUP');
    await until('it has reloaded', () => log().includes('reload by SIGHUP: nothing changed'));
    process.kill(pid, 'SIGTERM');
    expect(await exit).toBe(0);
  });
});
