import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../config/index.js';
import { MillraceError } from '../../core/index.js';
import { exitCodeOfSignal } from '../exit-code.js';
import type { Io, Signal } from '../io.js';

/** A server of this machine that serves one model to this process. */
export interface LocalServer {
  readonly url: string;
  readonly pid: number;
  /** Fires when the command is interrupted, which ends the server. */
  readonly signal: AbortSignal;
}

export interface LocalServerOptions {
  /** Of the server to be planned: where models are, and how they are loaded and run, is taken over. */
  readonly settings: Settings;
  readonly model: string;
}

/** A server that was told to end and has not by then is killed. */
const STOP_LIMIT_MS = 15_000;

/**
 * Serves a model from a process of its own, on a free port of the loopback interface and without the credentials, routes, quotas and store of the settings, until `work`
 * is done. Rejects with `failed_precondition` and the reason when the model does not load.
 */
export async function withLocalServer<T>(
  io: Io,
  { settings, model }: LocalServerOptions,
  work: (server: LocalServer) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-plan-'));
  const file = path.join(folder, 'millrace.yaml');
  await writeFile(file, JSON.stringify(settingsFor(settings, model)));
  const env = Object.entries(await io.environment()).filter(([name]) => !name.startsWith('MILLRACE_'));
  const entry = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, [entry, 'serve', '--config', file, '--json'], {
    cwd: folder,
    env: Object.fromEntries(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopping = new AbortController();
  let interrupted: Signal | undefined;
  const ignore = io.onSignal((signal) => {
    interrupted = signal;
    child.kill('SIGTERM');
    stopping.abort();
  });
  try {
    return await work({ url: await untilReady(child, model), pid: child.pid ?? 0, signal: stopping.signal });
  } finally {
    ignore();
    await end(child);
    await rm(folder, { recursive: true, force: true });
    if (interrupted !== undefined) io.exit(exitCodeOfSignal(interrupted));
  }
}

function settingsFor({ repository, engine, runners }: Settings, model: string): object {
  return {
    // YAML is a superset of JSON.
    repository: { ...repository, controlMode: 'explicit', loadModels: [model], strict: false },
    engine: { ...engine, responseCacheBytes: 0 },
    runners,
    server: { host: '127.0.0.1', httpPort: 0, grpcPort: -1, metricsPort: -1 },
    jobs: { enabled: false },
    files: { enabled: false },
    metering: { enabled: false },
    audit: { enabled: false },
    telemetry: { logLevel: 'silent' },
  };
}

interface Announcement {
  readonly event: string;
  readonly http?: string;
  readonly models?: readonly unknown[];
  readonly unserved?: readonly { readonly reason: string }[];
}

/** The URL once the model is served. */
async function untilReady(child: ChildProcess, model: string): Promise<string> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk.toString()}`.slice(-1_000);
  });
  if (child.stdout === null) throw new Error('no standard output');
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Announcement;
    if (said.event === 'listening') url = said.http ?? '';
    if (said.event !== 'ready') continue;
    // Nothing reads further lines, which must not fill the pipe.
    child.stdout.resume();
    const reason = said.unserved?.[0]?.reason;
    if (reason !== undefined)
      throw new MillraceError('failed_precondition', `model '${model}' does not load: ${reason}`);
    return url;
  }
  throw new MillraceError('failed_precondition', `the server to measure did not start: ${errors.trim()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(force);
}
