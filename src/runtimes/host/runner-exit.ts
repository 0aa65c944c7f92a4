import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Message } from '../../core/index.js';

/** Why a process is gone. */
export interface RunnerEnd {
  readonly reason: string | Message;
  /** There was no memory left for it, as far as the system tells. */
  readonly outOfMemory: boolean;
}

export interface ExitWatch {
  /** Called once, with the reason. */
  readonly onGone: (end: RunnerEnd) => void;
  readonly describe: (code: number | null, signal: string | null) => RunnerEnd;
}

/** Waits until a process is gone, or was never started, and all that it had written was read. */
export function watchExit(child: ChildProcess, output: Readable | undefined, { onGone, describe }: ExitWatch): void {
  let end: RunnerEnd | undefined;
  let outputEnded = false;
  let gone = false;
  const settle = () => {
    if (end === undefined || !outputEnded || gone) return;
    gone = true;
    onGone(end);
  };
  output?.once('close', () => {
    outputEnded = true;
    settle();
  });
  child.once('exit', (code, signal) => {
    end = describe(code, signal);
    settle();
  });
  child.once('error', (error) => {
    // A process that was never started has no exit; other errors (a signal that could not be sent) are not its end.
    if (child.pid !== undefined) return;
    const { code, message } = error as NodeJS.ErrnoException;
    end = { reason: `could not be started: ${code ?? message}`, outOfMemory: code === 'ENOMEM' };
    outputEnded = true;
    settle();
  });
}

/** Why a process has ended that nobody killed; `ending`: it was asked to. */
export function describeExit(code: number | null, signal: string | null, ending: boolean): RunnerEnd {
  // The system's out-of-memory killer leaves no other trace.
  if (signal === 'SIGKILL') return { reason: 'ended by SIGKILL (out of memory?)', outOfMemory: true };
  if (signal !== null) return { reason: `ended by ${signal}`, outOfMemory: false };
  return { reason: ending && code === 0 ? 'closed' : `exited with code ${code}`, outOfMemory: false };
}
