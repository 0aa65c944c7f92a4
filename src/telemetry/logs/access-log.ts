import type { Clock, ErrorCode, EventBus, Events, LogLevel, Timing } from '../../core/index.js';
import { describeError } from './describe-error.js';
import { callFields, type LogFields, type Logger } from './logger.js';

const WINDOW_MS = 1_000;
const MAX_PATH_LENGTH = 512;

interface AccessLogOptions {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly successesPerSecond: number;
}

/**
 * A line for every failed request and for some successes a second; `skipped` counts the successes that got none since the
 * line before. The returned function ends it.
 */
export function startAccessLog({ events, clock, logger, successesPerSecond }: AccessLogOptions): () => void {
  let windowEndsAt = Number.NEGATIVE_INFINITY;
  let successes = 0;
  let skipped = 0;

  function isDue(): boolean {
    const now = clock.now();
    if (now >= windowEndsAt) {
      windowEndsAt = now + WINDOW_MS;
      successes = 0;
    }
    return successes++ < successesPerSecond;
  }

  return events.subscribe('httpFinished', (event) => {
    const level = levelOf(event);
    if (!logger.isEnabled('server', level)) return;
    if (event.status < 400 && !isDue()) {
      skipped++;
      return;
    }
    const path = shownPath(event.path);
    const message = `${event.method} ${path} ${event.status}`.trimStart();
    logger.log({
      room: 'server',
      level,
      message,
      fields: { ...describe(event, path), ...(skipped > 0 ? { skipped } : {}) },
    });
    skipped = 0;
  });
}

/** Only what somebody has to repair is an error; refusals under load and callers' mistakes are not. */
function levelOf({ status, error }: Events['httpFinished']): LogLevel {
  if (status < 400) return 'info';
  const code: ErrorCode | undefined = error?.code;
  return status >= 500 && (code === undefined || code === 'internal') ? 'error' : 'warn';
}

function describe(event: Events['httpFinished'], path: string): LogFields {
  const { method, route, status, requestBytes, responseBytes, remoteAddress, durationMs, call, error } = event;
  return {
    ...callFields(call),
    method,
    route,
    path,
    status,
    duration_ms: round(durationMs),
    ...describeStages(call.timing),
    request_bytes: requestBytes,
    response_bytes: responseBytes,
    remote_address: remoteAddress,
    ...(error === undefined ? {} : describeError(error)),
  };
}

function describeStages(timing: Timing): LogFields {
  if (timing.startedAt === 0) return {};
  return {
    queue_ms: round(timing.dequeuedAt - timing.enqueuedAt),
    ...(timing.finishedAt > 0 ? { compute_ms: round(timing.finishedAt - timing.startedAt) } : {}),
    batch_rows: timing.batchRows,
  };
}

/** Without the query, which may hold a key, and bounded. */
function shownPath(path: string): string {
  const query = path.indexOf('?');
  return path.slice(0, Math.min(query < 0 ? path.length : query, MAX_PATH_LENGTH));
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
