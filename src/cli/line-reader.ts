import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

/** What was typed: a line, Ctrl-C (`cleared`: there was something on the line, which is gone now), or Ctrl-D. */
export type Typed =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt'; readonly cleared: boolean }
  | { readonly kind: 'end' };

/** Lines that somebody types, with editing and a history. It must be closed. */
export interface LineReader {
  /** The next line, perhaps typed already while nobody asked for it. */
  next(prompt: string): Promise<Typed>;
  /** Calls `listener` at every Ctrl-C while no line is awaited; the returned function ends that. */
  onInterrupt(listener: () => void): () => void;
  close(): void;
}

/** Lines that may be typed ahead; the terminal keeps what is behind them. */
const MAX_AHEAD = 1_000;
const HISTORY_LINES = 1_000;

/** What the line editor draws on; while others write there, it draws nothing. */
class Screen extends Writable {
  readonly #terminal: WriteStream;
  readonly #redraw = () => this.emit('resize');
  muted = true;

  constructor(terminal: WriteStream) {
    super();
    this.#terminal = terminal;
    terminal.on('resize', this.#redraw);
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.muted) this.#terminal.write(chunk);
    done();
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#terminal.off('resize', this.#redraw);
    done();
  }
}

/**
 * Reads lines from a terminal. It is in raw mode all the time, so that Ctrl-C is a key and no signal: `npx` would pass the
 * signal on a second time.
 */
export function readLines(input: ReadStream, terminal: WriteStream): LineReader {
  const screen = new Screen(terminal);
  const editor = createInterface({ input, output: screen, terminal: true, historySize: HISTORY_LINES });
  const ahead: string[] = [];
  const listeners = new Set<() => void>();
  let ended = false;
  let waiting: ((typed: Typed) => void) | undefined;
  const settle = (typed: Typed) => {
    screen.muted = true;
    waiting?.(typed);
    waiting = undefined;
  };
  editor.on('line', (text) => {
    if (waiting !== undefined) return settle({ kind: 'line', text });
    if (ahead.push(text) >= MAX_AHEAD) editor.pause();
  });
  editor.on('SIGINT', () => {
    if (waiting === undefined) {
      for (const listener of listeners) listener();
      return;
    }
    const cleared = editor.line !== '';
    screen.write('^C\n');
    screen.muted = true;
    if (cleared) {
      editor.write(null, { ctrl: true, name: 'e' });
      editor.write(null, { ctrl: true, name: 'u' });
    }
    settle({ kind: 'interrupt', cleared });
  });
  editor.on('close', () => {
    ended = true;
    if (waiting !== undefined) screen.write('\n');
    settle({ kind: 'end' });
  });
  return {
    next(prompt) {
      const text = ahead.shift();
      if (text !== undefined) {
        editor.resume();
        terminal.write(`${prompt}${text}\n`);
        return Promise.resolve({ kind: 'line', text });
      }
      if (ended) return Promise.resolve({ kind: 'end' });
      return new Promise((resolve) => {
        waiting = resolve;
        screen.muted = false;
        editor.setPrompt(prompt);
        editor.prompt(true);
      });
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      editor.close();
      screen.destroy();
    },
  };
}
