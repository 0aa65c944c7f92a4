import type { Clock, ErrorCode, EventBus, Events, LogLevel, Timing } from '../../core/index.js';
import { grpcStatusName } from '../../protocols/index.js';
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

  /** Whether there is to be a line; counts the successes that get none. */
  function wants(level: LogLevel): boolean {
    if (!logger.isEnabled('server', level)) return false;
    if (level !== 'info' || isDue()) return true;
    skipped++;
    return false;
  }

  function log(level: LogLevel, message: string, fields: LogFields): void {
    logger.log({ room: 'server', level, message, fields: { ...fields, ...(skipped > 0 ? { skipped } : {}) } });
    skipped = 0;
  }

  const subscriptions = [
    events.subscribe('httpFinished', (event) => {
      const level = levelOf(event);
      if (!wants(level)) return;
      const path = shownPath(event.path);
      log(level, `${event.method} ${path} ${event.status}`.trimStart(), describeHttp(event, path));
    }),
    events.subscribe('grpcFinished', (event) => {
      const level = levelOfGrpc(event);
      if (!wants(level)) return;
      const path = shownPath(event.path);
      log(level, `gRPC ${path} ${grpcStatusName(event.status)}`, describeGrpc(event, path));
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

/** Only what somebody has to repair is an error; refusals under load and callers' mistakes are not. */
function levelOf({ status, error }: Events['httpFinished']): LogLevel {
  if (status < 400) return 'info';
  const code: ErrorCode | undefined = error?.code;
  return status >= 500 && (code === undefined || code === 'internal') ? 'error' : 'warn';
}

function levelOfGrpc({ error }: Events['grpcFinished']): LogLevel {
  if (error === undefined) return 'info';
  return error.code === 'internal' ? 'error' : 'warn';
}

function describeHttp(event: Events['httpFinished'], path: string): LogFields {
  const { method, route, status, call } = event;
  return { ...callFields(call), method, route, path, status, ...describeExchange(event) };
}

function describeGrpc(event: Events['grpcFinished'], path: string): LogFields {
  const { method, status, requestMessages, responseMessages, call } = event;
  return {
    ...callFields(call),
    ...{ route: method, path, status: grpcStatusName(status) },
    ...{ request_messages: requestMessages, response_messages: responseMessages },
    ...describeExchange(event),
  };
}

/** What requests of both kinds have. */
function describeExchange(event: Events['httpFinished'] | Events['grpcFinished']): LogFields {
  const { requestBytes, responseBytes, remoteAddress, durationMs, call, error } = event;
  return {
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
