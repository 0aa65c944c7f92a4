import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Message } from '../../core/index.js';

export interface ExitWatch {
  /** Called once, with the reason. */
  readonly onGone: (reason: string | Message) => void;
  readonly describe: (code: number | null, signal: string | null) => string | Message;
}

/** Waits until a process is gone, or was never started, and all that it had written was read. */
export function watchExit(child: ChildProcess, output: Readable | undefined, { onGone, describe }: ExitWatch): void {
  let reason: string | Message | undefined;
  let outputEnded = false;
  let gone = false;
  const settle = () => {
    if (reason === undefined || !outputEnded || gone) return;
    gone = true;
    onGone(reason);
  };
  output?.once('close', () => {
    outputEnded = true;
    settle();
  });
  child.once('exit', (code, signal) => {
    reason = describe(code, signal);
    settle();
  });
  child.once('error', (error) => {
    // A process that was never started has no exit; other errors (a signal that could not be sent) are not its end.
    if (child.pid !== undefined) return;
    reason = `could not be started: ${(error as NodeJS.ErrnoException).code ?? error.message}`;
    outputEnded = true;
    settle();
  });
}

/** Why a process has ended that nobody killed; `ending`: it was asked to. */
export function describeExit(code: number | null, signal: string | null, ending: boolean): string {
  // The system's out-of-memory killer leaves no other trace.
  if (signal === 'SIGKILL') return 'ended by SIGKILL (out of memory?)';
  if (signal !== null) return `ended by ${signal}`;
  return ending && code === 0 ? 'closed' : `exited with code ${code}`;
}
