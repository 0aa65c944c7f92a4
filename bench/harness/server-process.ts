import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A server under test and how to end it. */
export interface RunningServer {
  readonly url: string;
  /** Where it speaks gRPC; undefined when it does not. */
  readonly grpcUrl?: string;
  /** Where its metrics are; undefined when it does not say. */
  readonly metricsUrl?: string;
  readonly pid: number;
  /** From the start of the process until it said, or showed, that it serves. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A request that is answered with 200 once the server is ready. */
export interface Probe {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 15_000;
const PROBE_INTERVAL_MS = 10;
const MAX_LAST_WORDS = 500;

interface Addresses {
  readonly http: string;
  readonly grpc: string | undefined;
  readonly metrics: string | undefined;
}

/** Starts a server that prints `{"event":"listening","http":"http://…","grpc":"…:PORT"}` on its standard output. */
export async function startAnnounced(command: ServerCommand): Promise<RunningServer> {
  const startedAt = performance.now();
  const { child, lastWords } = launch(command);
  const { http, grpc, metrics } = await new Promise<Addresses>((resolve, reject) => {
    if (child.stdout === null) throw new Error('no standard output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const addresses = addressesIn(line);
      if (addresses !== undefined) resolve(addresses);
    });
    child.once('close', (code) => reject(new Error(`it ended with ${code} before it served: ${lastWords()}`)));
    setTimeout(() => reject(new Error(`it did not serve in time: ${lastWords()}`)), START_LIMIT_MS).unref();
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const server = running(child, http, performance.now() - startedAt);
  return {
    ...server,
    ...(grpc === undefined ? {} : { grpcUrl: `http://${grpc}` }),
    ...(metrics === undefined ? {} : { metricsUrl: metrics }),
  };
}

/** Starts a server on a port it is told, and asks until the probe is answered. */
export async function startProbed(commandFor: (port: number) => ServerCommand, probe: Probe): Promise<RunningServer> {
  const port = await freePort();
  const command = commandFor(port);
  const startedAt = performance.now();
  const { child, lastWords } = launch(command);
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url, probe))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${lastWords()}`);
    if (performance.now() - startedAt > START_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`it did not answer in time: ${lastWords()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
  }
  return running(child, url, performance.now() - startedAt);
}

function launch({ command, args, env, cwd }: ServerCommand): {
  readonly child: ChildProcess;
  /** The end of what it wrote to its standard error. */
  readonly lastWords: () => string;
} {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  // Unread output would stop the server once the pipe is full.
  child.stdout.resume();
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    tail = `${tail}${chunk.toString()}`.slice(-MAX_LAST_WORDS);
  });
  return { child, lastWords: () => tail.trim() };
}

function running(child: ChildProcess, url: string, startMs: number): RunningServer {
  return {
    url,
    pid: child.pid ?? 0,
    startMs,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(force);
    },
  };
}

function addressesIn(line: string): Addresses | undefined {
  if (!line.startsWith('{') || !line.includes('"listening"')) return undefined;
  const event: { readonly http?: string; readonly grpc?: string; readonly metrics?: string } = JSON.parse(line);
  if (event.http === undefined) return undefined;
  return { http: event.http, grpc: event.grpc, metrics: event.metrics };
}

export function answers(url: string, probe: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(`${url}${probe.path}`, { method: 'POST', headers: probe.headers, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode === 200));
    });
    sent.on('error', () => resolve(false));
    sent.end(probe.body);
  });
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
