import pc from 'picocolors';
import type { Io, Output } from '../../src/cli/io.js';

/** A world for a command that remembers what was written and whose signals the test gives. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly exits: readonly number[];
  signal(name: 'SIGINT' | 'SIGTERM'): void;
}

export interface FakeIoOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly colors?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

export function createFakeIo(options: FakeIoOptions = {}): FakeIo {
  const written = { out: '', err: '' };
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  const exits: number[] = [];
  const output = (name: 'out' | 'err'): Output => ({
    write(text) {
      written[name] += text;
    },
    isTTY: false,
    columns: options.columns,
    colors: pc.createColors(options.colors ?? false),
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    environment: async () => options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    readStdin: async () => Buffer.from(options.stdin ?? ''),
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exit: (code) => exits.push(code),
    out: () => written.out,
    err: () => written.err,
    exits,
    signal(name) {
      for (const listener of listeners) listener(name);
    },
  };
}
