import pc from 'picocolors';
import type { Environment } from '../config/index.js';
import { type Clock, type Events, type StandardStream, systemClock } from '../core/index.js';
import { type HangupAction, hangupAction, readHangupFacts } from './hangup.js';
import { type LineReader, readLines } from './line-reader.js';

export type Colors = ReturnType<typeof pc.createColors>;

/** The signals that end a command. */
export type Signal = 'SIGINT' | 'SIGTERM';

/** Written to a terminal before a text that takes the place of all it shows. */
export const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined = it is none. */
  readonly columns?: number | undefined;
  /** Its height. */
  readonly rows?: number | undefined;
  /** Colours for this output: none unless it is a terminal. */
  readonly colors: Colors;
}

/** The world of a command: tests hand in one of their own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly cwd: string;
  /** Time, for waits. */
  readonly clock: Clock;
  /** The environment of the settings; commands that have none of these do without it. */
  environment(): Promise<Environment>;
  /** The standard input as a whole. */
  readStdin(): Promise<Uint8Array>;
  /** Somebody types it: the standard input is a terminal. */
  readonly stdinIsTTY: boolean;
  /** The lines that are typed there. */
  openLines(): LineReader;
  /** Calls `listener` for every SIGINT and SIGTERM instead of ending the process; the returned function ends that. */
  onSignal(listener: (signal: Signal) => void): () => void;
  /** Calls `listener` for every SIGHUP instead of ending the process; the returned function ends that. */
  onHangup(listener: (action: HangupAction) => void): () => void;
  /** Calls `listener` for every SIGUSR2 instead of ending the process; the returned function ends that. */
  onUpgrade(listener: () => void): () => void;
  /** From now on calls `listener` for every failed write to the outputs instead of ending the process. */
  onOutputFailure(listener: (failure: Events['outputFailed']) => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The real world: this process. */
export function processIo(): Io {
  let onFailure = endProcess;
  const outputOf = (stream: StandardStream) => processOutput(process[stream], (error) => onFailure(stream, error));
  return {
    stdout: outputOf('stdout'),
    stderr: outputOf('stderr'),
    cwd: process.cwd(),
    clock: systemClock,
    // The settings know every room of the server: only those who need them wait for all that to be loaded.
    environment: async () => (await import('../config/index.js')).processEnvironment(),
    async readStdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    get stdinIsTTY() {
      return process.stdin.isTTY === true;
    },
    openLines: () => readLines(process.stdin, process.stdout.isTTY ? process.stdout : process.stderr),
    onSignal(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    onHangup(listener) {
      const action = hangupAction(readHangupFacts());
      const hear = () => listener(action);
      process.on('SIGHUP', hear);
      return () => process.off('SIGHUP', hear);
    },
    onUpgrade(listener) {
      process.on('SIGUSR2', listener);
      return () => process.off('SIGUSR2', listener);
    },
    onOutputFailure(listener) {
      onFailure = (stream, { code, message }) => listener({ stream, code: code ?? message });
    },
    exit: (code) => process.exit(code),
  };
}

/** A reader that has seen enough (`| head`) is no failure. */
function endProcess(_: StandardStream, error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function processOutput(stream: NodeJS.WriteStream, onFailure: (error: NodeJS.ErrnoException) => void): Output {
  // Node keeps the standard streams open: the next write tries again.
  stream.on('error', onFailure);
  const isTTY = stream.isTTY === true;
  return {
    write: (text) => void stream.write(text),
    isTTY,
    get columns() {
      return isTTY ? stream.columns : undefined;
    },
    get rows() {
      return isTTY ? stream.rows : undefined;
    },
    // picocolors itself minds NO_COLOR, FORCE_COLOR and TERM=dumb.
    colors: pc.createColors(isTTY && pc.isColorSupported),
  };
}
