import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CLI_ENTRY } from './dist.js';

/** Flags of `serve` with which it takes any free ports. */
export const FREE_PORTS = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'] as const;

/** A running `millrace` process. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  /** The next line of the standard output as JSON. */
  nextEvent(): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves with the exit code, or the name of the signal, and everything that was written. */
  readonly ended: Promise<{ readonly exit: number | string; readonly out: string; readonly err: string }>;
}

/** Starts the compiled command line; it is killed at the end of the test if it has not ended. `nodeFlags` are for its Node. */
export function startCli(
  argv: readonly string[],
  {
    nodeFlags = [],
    ...options
  }: { readonly cwd?: string; readonly uid?: number; readonly nodeFlags?: readonly string[] } = {},
): CliProcess {
  const child = spawn(process.execPath, [...nodeFlags, CLI_ENTRY, ...argv], options);
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    written.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written.err += chunk.toString();
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([code, signal]) => ({ exit: code ?? signal, ...written }));
  return {
    child,
    ended,
    async nextEvent() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`millrace ${argv.join(' ')} wrote no further line; its errors: ${written.err}`);
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs the compiled command line to its end. */
export async function runCliProcess(...argv: readonly string[]): Promise<Awaited<CliProcess['ended']>> {
  await using cli = startCli(argv);
  return await cli.ended;
}
