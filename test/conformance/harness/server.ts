import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { inRoot } from './paths.js';

const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 60_000;
const MAX_LAST_WORDS = 4_000;

/** A server process as a user starts it, with every model loaded that loads. */
export interface ConformanceServer {
  readonly url: string;
  readonly metricsUrl: string;
  /** `host:port`. */
  readonly grpcAddress: string;
  /** By name, the dialects that have ports of their own. */
  readonly dialects: Readonly<Record<string, DialectAddresses>>;
  readonly pid: number;
  /** From the start of the process until every model was loaded or had failed. */
  readonly startMs: number;
  /** The end of its log. */
  lastWords(): string;
  /** SIGTERM; resolves with the exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
}

interface DialectAddresses {
  readonly http?: string;
}

/** Starts `millrace serve ARGS` on free ports of loopback, in a folder of its own: a store takes one server, and suites run side by side. Rejects when it ends before it is ready. `onLog` gets each line of its log. */
export async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onLog?: (line: string) => void,
): Promise<ConformanceServer> {
  const startedAt = performance.now();
  const flags = ['--json', '--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];
  const cwd = mkdtempSync(path.join(tmpdir(), 'millrace-conformance-'));
  const child = spawn(process.execPath, [inRoot('dist/cli/main.js'), 'serve', ...flags, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutSettings(process.env), ...env },
  });
  child.once('close', () => rmSync(cwd, { recursive: true, force: true }));
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    tail = `${tail}${chunk}`.slice(-MAX_LAST_WORDS);
  });
  if (onLog !== undefined) createInterface({ input: child.stderr }).on('line', onLog);
  const addresses: Listening = { http: '', grpc: '', metrics: '' };
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready after ${START_LIMIT_MS} ms: ${tail}`));
    }, START_LIMIT_MS);
    child.once('close', (code) => {
      clearTimeout(limit);
      reject(new Error(`the server ended with ${code}: ${tail}`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, ...told } = JSON.parse(line) as Listening & { readonly event: string };
      if (event === 'listening') Object.assign(addresses, told);
      if (event !== 'ready') return;
      clearTimeout(limit);
      resolve();
    });
  });
  return {
    url: addresses.http,
    metricsUrl: addresses.metrics,
    grpcAddress: addresses.grpc,
    dialects: addresses.dialects ?? {},
    pid: child.pid ?? 0,
    startMs: performance.now() - startedAt,
    lastWords: () => tail,
    stop: () => stop(child),
  };
}

/** Members of the line that tells the addresses. */
interface Listening {
  readonly http: string;
  readonly grpc: string;
  readonly metrics: string;
  readonly dialects?: Readonly<Record<string, DialectAddresses>>;
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  // Its log has ended, too.
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await closed;
  clearTimeout(force);
  return child.exitCode;
}

/** Settings of the person who runs the suites are not those of the server under test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MILLRACE_')));
}
