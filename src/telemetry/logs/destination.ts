import { createWriteStream, type WriteStream } from 'node:fs';
import { isatty } from 'node:tty';
import type { TelemetryOptions } from '../options.js';

/** Standard error: what a command answers stays alone on standard output. */
const STDERR = 2;
/** Text that may wait for a slow reader before further lines are dropped. */
const MAX_WAITING_BYTES = 16_777_216;
/** How long the last lines may take to leave. */
const CLOSE_TIMEOUT_MS = 2_000;

/** What takes log lines, each with its line break. */
export interface LogDestination {
  write(line: string): void;
}

/** Where a server's lines go, and the end of it. */
export interface LogOutput extends LogDestination {
  /** Lines lost because the reader was too slow or the disk full. */
  readonly dropped: number;
  /** Resolves when everything written so far has left the process, or does not get away. */
  close(): Promise<void>;
}

/**
 * Lines go to `destination`, undefined = standard error, there in the background so that a slow reader does not hold up
 * requests. Pretty lines need `pino-pretty`, which is loaded only for them. `onFailure` gets the system's code of each failed write.
 */
export async function openOutput(
  format: TelemetryOptions['logFormat'],
  destination: LogDestination | undefined,
  onFailure: (code: string) => void,
): Promise<LogOutput> {
  const terminal = destination === undefined && isatty(STDERR);
  const output = destination === undefined ? openDescriptor(STDERR, onFailure) : borrow(destination);
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

function borrow(destination: LogDestination): LogOutput {
  return { write: (line) => destination.write(line), dropped: 0, close: async () => {} };
}

/**
 * Node's own stream rather than sonic-boom, pino's: that one loops for ever when a reader is gone or a disk full at the
 * moment of its last flush.
 */
function openDescriptor(fd: number, onFailure: (code: string) => void): LogOutput {
  let dropped = 0;
  const open = (): WriteStream => {
    const stream = createWriteStream('', { fd, autoClose: false });
    // The lines concerned are counted one by one; the next line tries again.
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => onFailure(code ?? message));
    return stream;
  };
  const settle = (error: Error | null | undefined): void => {
    if (error) dropped++;
  };
  let stream = open();
  return {
    write(line) {
      // After an error a stream takes lines, but keeps them for ever.
      if (stream.errored !== null) stream = open();
      if (stream.writableLength > MAX_WAITING_BYTES) dropped++;
      else stream.write(line, settle);
    },
    get dropped() {
      return dropped;
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
        stream.end(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** Characters that a terminal would obey, or that turn text around: paths and names come from outside. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

function clean(text: string): string {
  return text.replaceAll('\t', '  ').replace(CONTROL, '\ufffd');
}

async function createPrettifier(colorize: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = (await import('pino-pretty')).default;
  const prettify = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{room}: {msg}',
    ignore: 'room',
    singleLine: true,
    errorLikeObjectKeys: [],
  });
  return (line) => {
    const { cause = '', msg, ...fields } = forPeople(JSON.parse(line));
    const [first = '', ...more] = String(msg).split('\n');
    // A stack is for reading, so it stands below its line; indented, it cannot pass for another one.
    const below = [...more, ...(cause === '' ? [] : String(cause).split('\n'))];
    const entry = JSON.parse(JSON.stringify({ ...fields, msg: first }), (_key, value) =>
      typeof value === 'string' ? clean(value) : value,
    );
    return prettify(entry) + below.map((text) => `    ${clean(text)}\n`).join('');
  };
}

/** What programs read from lines of requests, models and runners; people read it in the message, or ask for JSON. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(
  (
    'trace_id principal method route path status remote_address request_bytes response_bytes request_messages ' +
    'response_messages duration_ms queue_ms compute_ms batch_rows runner start_ms model version generation state load_ms'
  ).split(' '),
);

/** What took its time fits into one line of a terminal; what tells it from others stays where it went wrong. */
function forPeople(entry: Readonly<Record<string, unknown>>): Record<string, string> {
  const { duration_ms, load_ms, start_ms, level, msg } = entry;
  const took = duration_ms ?? load_ms ?? start_ms;
  if (typeof took !== 'number') return { ...entry } as Record<string, string>;
  const isShown = (name: string) => !FOR_PROGRAMS.has(name) && !(name === 'request_id' && level === 'info');
  const shown = Object.entries(entry).filter(([name]) => isShown(name));
  return { ...Object.fromEntries(shown), msg: `${msg} in ${took} ms` } as Record<string, string>;
}
