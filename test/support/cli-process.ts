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
  /** Everything that has been written so far. */
  written(): { readonly out: string; readonly err: string };
  /** Resolves with the exit code, or the name of the signal, and everything that was written. */
  readonly ended: Promise<{ readonly exit: number | string; readonly out: string; readonly err: string }>;
}

export interface CliOptions {
  readonly cwd?: string;
  /** In a session of its own, which has no terminal. */
  readonly detached?: boolean;
  /** For its Node. */
  readonly nodeFlags?: readonly string[];
  /** File modes bind it also where the tests run as root, whom they do not. */
  readonly boundByModes?: boolean;
  /** A command and its arguments which runs the one behind them in its own place, such as `env` or `sh -c 'exec "$@"' sh`. */
  readonly runBy?: readonly string[];
}

const WITHOUT_OVERRIDE = ['--bounding-set', '--inh-caps'].map((set) => `${set}=-dac_override,-dac_read_search`);

/** Starts the compiled command line; it is killed at the end of the test if it has not ended. */
export function startCli(argv: readonly string[], options: CliOptions = {}): CliProcess {
  const { nodeFlags = [], boundByModes = false, runBy = [], ...spawnOptions } = options;
  const command = [...runBy, process.execPath, ...nodeFlags, CLI_ENTRY, ...argv];
  if (boundByModes && process.getuid?.() === 0) command.unshift('setpriv', ...WITHOUT_OVERRIDE);
  const [file = '', ...args] = command;
  const child = spawn(file, args, spawnOptions);
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
    written: () => written,
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
