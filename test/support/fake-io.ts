import pc from 'picocolors';
import type { HangupAction } from '../../src/cli/hangup.js';
import type { Io, Output, Signal } from '../../src/cli/io.js';
import type { LineReader, Typed } from '../../src/cli/line-reader.js';
import { type Clock, type Events, systemClock } from '../../src/core/index.js';

/** A world for a command that remembers what was written and whose signals the test gives. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly exits: readonly number[];
  signal(name: Signal): void;
  hangUp(action: HangupAction): void;
  /** A write to an output fails. */
  failOutput(failure: Events['outputFailed']): void;
  /** Ctrl-C while no line is awaited. */
  interrupt(): void;
}

export interface FakeIoOptions {
  readonly cwd?: string;
  /** Default: the real one. */
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** What somebody types, one after the other, and then Ctrl-D: the standard input is a terminal. */
  readonly typed?: readonly (string | Typed)[];
  /** The outputs are terminals. */
  readonly terminal?: boolean;
  readonly colors?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  /** Its height. */
  readonly rows?: number;
}

export function createFakeIo(options: FakeIoOptions = {}): FakeIo {
  const written = { out: '', err: '' };
  const listeners = new Set<(signal: Signal) => void>();
  const hangups = new Set<(action: HangupAction) => void>();
  const exits: number[] = [];
  let failOutput = (_: Events['outputFailed']): void => {
    throw new Error('no command minds failures of its outputs');
  };
  const interrupted = new Set<() => void>();
  const output = (name: 'out' | 'err'): Output => ({
    write(text) {
      written[name] += text;
    },
    isTTY: options.terminal ?? false,
    columns: options.columns,
    rows: options.rows,
    colors: pc.createColors(options.colors ?? false),
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    environment: async () => options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    clock: options.clock ?? systemClock,
    readStdin: async () => Buffer.from(options.stdin ?? ''),
    stdinIsTTY: options.typed !== undefined,
    openLines: () => typedLines(options.typed ?? [], interrupted),
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onHangup(listener) {
      hangups.add(listener);
      return () => hangups.delete(listener);
    },
    onUpgrade: () => () => undefined,
    onOutputFailure(listener) {
      failOutput = listener;
    },
    exit: (code) => exits.push(code),
    out: () => written.out,
    err: () => written.err,
    exits,
    signal(name) {
      for (const listener of listeners) listener(name);
    },
    hangUp(action) {
      for (const listener of hangups) listener(action);
    },
    failOutput: (failure) => failOutput(failure),
    interrupt() {
      for (const listener of interrupted) listener();
    },
  };
}

function typedLines(typed: readonly (string | Typed)[], interrupted: Set<() => void>): LineReader {
  const left = [...typed];
  return {
    async next() {
      const next = left.shift() ?? { kind: 'end' };
      return typeof next === 'string' ? { kind: 'line', text: next } : next;
    },
    onInterrupt(listener) {
      interrupted.add(listener);
      return () => interrupted.delete(listener);
    },
    close: () => undefined,
  };
}
