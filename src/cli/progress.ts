import yoctoSpinner from 'yocto-spinner';
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
export function startProgress(io: Io, text: string): Progress {
  if (!io.stderr.isTTY) return SILENT;
  const spinner = yoctoSpinner({ text, handleSignals: false });
  const timer = setTimeout(() => spinner.start(), PATIENCE_MS);
  // A signal ends the process; without this the terminal would stay without a cursor.
  const ignore = io.onSignal((signal) => {
    spinner.stop();
    io.exit(signal === 'SIGINT' ? 130 : 143);
  });
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

/** Runs `work` under a spinner. */
export async function withProgress<T>(io: Io, text: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = startProgress(io, text);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}
