import yoctoSpinner from 'yocto-spinner';
import { exitCodeOfSignal } from './exit-code.js';
import type { Io } from './io.js';

/** Says that something is going on, on terminals only. */
export interface Progress {
  update(text: string): void;
  stop(): void;
}

/** What is done by then needs no spinner. */
const PATIENCE_MS = 400;

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

/** Shows a spinner on the standard error after a moment. It must be stopped, also when things go wrong. */
function startProgress(io: Io, { text, exitOnSignal }: ProgressOptions): Progress {
  const spinner = yoctoSpinner({ text, handleSignals: false });
  const timer = setTimeout(() => spinner.start(), PATIENCE_MS);
  // A signal would end the process and leave the terminal without a cursor.
  const ignore = exitOnSignal
    ? io.onSignal((signal) => {
        spinner.stop();
        io.exit(exitCodeOfSignal(signal));
      })
    : () => undefined;
  return {
    update: (next) => {
      // Setting the text draws it, which must not happen before it has begun.
      if (spinner.isSpinning) spinner.text = next;
    },
    stop() {
      clearTimeout(timer);
      ignore();
      spinner.stop();
    },
  };
}

interface ProgressOptions {
  readonly text: string;
  /** false where somebody else minds the signals. */
  readonly exitOnSignal: boolean;
}

/** Runs `work` under a spinner. */
export async function withProgress<T>(
  io: Io,
  what: string | ProgressOptions,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  if (!io.stderr.isTTY) return work(SILENT);
  const progress = startProgress(io, typeof what === 'string' ? { text: what, exitOnSignal: true } : what);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}
