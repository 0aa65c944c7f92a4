import { CommanderError } from 'commander';
import { MillraceClientError } from '../client/index.js';
import { type ErrorCode, MillraceError } from '../core/index.js';
import type { Signal } from './io.js';

/** What the exit code tells, for `--help` and docs/cli.md. */
export const EXIT_CODES = {
  done: {
    code: 0,
    meaning: 'done; for serve: drained and stopped; for rollout wait: promoted; for jobs watch: succeeded',
  },
  failed: {
    code: 1,
    meaning:
      'it failed: a model does not load, the server refused, a rollout was rolled back or aborted, a job did not succeed; or the answer is no: access, doctor, audit verify, routes diff --exit-code',
  },
  usage: {
    code: 2,
    meaning:
      'wrong arguments, options, settings or input files; a missing, unreadable or empty model folder; a Node.js that is too old',
  },
  unreachable: { code: 3, meaning: 'no server, or no registry, answers at the address' },
  undecided: {
    code: 4,
    meaning:
      'rollout wait, rollout status --watch: the rollout is paused, or was not over within --max-wait; jobs result: the job has not ended',
  },
  hungUp: { code: 129, meaning: 'for serve: its terminal was closed before it had read its settings' },
  interrupted: { code: 130, meaning: 'ended at once by SIGINT, for serve by the second one' },
  terminated: { code: 143, meaning: 'the same by SIGTERM' },
} as const;

export type ExitReason = keyof typeof EXIT_CODES;

/** Why a command that ended with `error` ended. */
export function exitReasonOf(error: unknown): ExitReason {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'done' : 'usage';
  if (error instanceof MillraceError && error.code === 'unavailable') return 'unreachable';
  if (error instanceof MillraceError) return error.code === 'invalid_argument' ? 'usage' : 'failed';
  if (!(error instanceof MillraceClientError) || error.status !== 0) return 'failed';
  if (error.code === 'unavailable') return 'unreachable';
  return error.code === 'invalid_argument' ? 'usage' : 'failed';
}

/** The exit code of a command that ends at once because of a signal. */
export function exitCodeOfSignal(signal: Signal): number {
  return EXIT_CODES[signal === 'SIGINT' ? 'interrupted' : 'terminated'].code;
}

/**
 * What to show of an error: its own words, and for programs its code. What the system refuses is not our bug and needs no
 * stack; anything else that is unexpected is one and shows it.
 */
export function describeError(error: unknown): { readonly message: string; readonly code: ErrorCode } {
  if (error instanceof MillraceError || error instanceof MillraceClientError) return error;
  if (error instanceof CommanderError) {
    return { code: 'invalid_argument', message: error.message.replace(/^error: /, '') };
  }
  if (error instanceof Error && 'syscall' in error) return { code: 'failed_precondition', message: error.message };
  return { code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
