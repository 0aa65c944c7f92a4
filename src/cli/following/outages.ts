import { MillraceClientError } from '../../client/index.js';
import { MillraceError } from '../../core/index.js';
import { formatDuration } from '../../text/index.js';
import type { Io } from '../io.js';

const FIRST_DELAY_MS = 1_000;
const MAX_RETRY_DELAY_MS = 15_000;
/** For how long a server may stay away. */
export const MAX_OUTAGE_MS = 300_000;

export interface Outage {
  /** At least 1. */
  readonly failedLooks: number;
  readonly durationMs: number;
  /** Of the time that may be waited; Infinity = no limit. */
  readonly leftMs: number;
}

/** Milliseconds until the next look at a server that did not answer; undefined = it has stayed away for too long. */
export function planRetry({ failedLooks, durationMs, leftMs }: Outage): number | undefined {
  const patienceMs = Math.min(MAX_OUTAGE_MS - durationMs, leftMs);
  if (patienceMs <= 0) return undefined;
  return Math.min(FIRST_DELAY_MS * 2 ** (failedLooks - 1), MAX_RETRY_DELAY_MS, patienceMs);
}

export interface Patience {
  readonly signal: AbortSignal;
  /** Default: no limit. */
  readonly leftMs?: () => number;
}

/** The answer to a look at a server, which is repeated while the server does not answer, for at most five minutes. Rejects as the look does, and when aborted. */
export async function lookPatiently<Answer>(
  { clock, stderr }: Pick<Io, 'clock' | 'stderr'>,
  look: () => Promise<Answer>,
  { signal, leftMs = () => Number.POSITIVE_INFINITY }: Patience,
): Promise<Answer> {
  const sinceMs = clock.now();
  for (let failedLooks = 0; ; ) {
    try {
      const answer = await look();
      if (failedLooks > 0) stderr.write('the server answers again\n');
      return answer;
    } catch (error) {
      if (!isOutage(error)) throw error;
      failedLooks++;
      const durationMs = clock.now() - sinceMs;
      const delayMs = planRetry({ failedLooks, durationMs, leftMs: leftMs() });
      if (delayMs === undefined) throw stayedAway(durationMs, error);
      if (failedLooks === 1) {
        stderr.write(`${error.message}; trying again for at most ${formatDuration(MAX_OUTAGE_MS)}\n`);
      }
      await clock.sleep(delayMs, signal);
      signal.throwIfAborted();
    }
  }
}

/** Statuses of a server that is busy, starts or ends, and of proxies that do not reach it. */
const OUTAGE_STATUSES: readonly number[] = [429, 502, 503, 504];

/** Whether the server may answer later. */
function isOutage(error: unknown): error is MillraceClientError {
  if (!(error instanceof MillraceClientError)) return false;
  const isUnanswered = error.status === 0 && (error.code === 'unavailable' || error.code === 'deadline_exceeded');
  return isUnanswered || OUTAGE_STATUSES.includes(error.status);
}

function stayedAway(durationMs: number, cause: MillraceClientError): MillraceError {
  const message = `the server has not answered for ${formatDuration(durationMs)}: ${cause.message}`;
  return new MillraceError('unavailable', message, { cause });
}
