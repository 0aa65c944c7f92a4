import { isatty } from 'node:tty';
import pino from 'pino';
import type { TelemetryOptions } from '../options.js';

/** Standard error: what a command answers stays alone on standard output. */
const STDERR = 2;
/** Lines that may wait for a slow reader before further ones are dropped. */
const MAX_BUFFERED_BYTES = 16_777_216;

/** What takes log lines, each with its line break. */
export interface LogDestination {
  write(line: string): void;
}

/** Where a server's lines go, and the end of it. */
export interface LogOutput extends LogDestination {
  /** Lines lost because the reader was too slow. */
  readonly dropped: number;
  /** Everything written so far has left the process when this returns. */
  close(): void;
}

/**
 * Lines go to `destination`, undefined = standard error: there in the background, bounded, and completely written when the
 * process ends. Pretty lines need `pino-pretty`, which is loaded only for them.
 */
export async function openOutput(
  format: TelemetryOptions['logFormat'],
  destination: LogDestination | undefined,
): Promise<LogOutput> {
  const terminal = destination === undefined && isatty(STDERR);
  const output = destination === undefined ? openStandardError() : { ...wrap(destination), dropped: 0, close() {} };
  if (format === 'json' || (format === 'auto' && !terminal)) return output;
  const prettify = await createPrettifier(terminal);
  return {
    write: (line) => output.write(prettify(line)),
    get dropped() {
      return output.dropped;
    },
    close: () => output.close(),
  };
}

function wrap(destination: LogDestination): LogDestination {
  return { write: (line) => destination.write(line) };
}

function openStandardError(): LogOutput {
  const stream = pino.destination({ dest: STDERR, sync: false, maxLength: MAX_BUFFERED_BYTES });
  let dropped = 0;
  stream.on('drop', () => {
    dropped++;
  });
  return {
    write: (line) => {
      stream.write(line);
    },
    get dropped() {
      return dropped;
    },
    close() {
      stream.flushSync();
      stream.end();
    },
  };
}

/** Characters that a terminal would obey, as they stand in JSON: paths and names come from outside. */
const CONTROL = /\\u00(?:0[0-8bcef]|1[0-9a-f]|7f)|[\u007f-\u009f]/gi;

async function createPrettifier(colorize: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = (await import('pino-pretty')).default;
  const prettify = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{room}: {msg}',
    ignore: 'room',
    singleLine: true,
  });
  return (line) => prettify(line.replace(CONTROL, '\ufffd'));
}
