import {
  type Clock,
  type EventBus,
  type Events,
  type LogLevel,
  type MillraceError,
  queueMs,
  type Timing,
} from '../../core/index.js';
import { TooManyFailedKeys } from '../../governance/index.js';
import { grpcStatusName } from '../../protocols/index.js';
import { describeError } from './describe-error.js';
import { callFields, type LogFields, type Logger } from './logger.js';

const WINDOW_MS = 1_000;
/** Whoever tries keys does not fill the log as well. */
const MAX_UNAUTHENTICATED_PER_SECOND = 10;
const MAX_PATH_LENGTH = 512;

interface AccessLogOptions {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly successesPerSecond: number;
}

/**
 * A line for every failed request, but only for some a second of those without a key, and for some successes a second;
 * `skipped` and `skipped_unauthenticated` count those that got none since the line before. The returned function ends it.
 */
export function startAccessLog({ events, clock, logger, successesPerSecond }: AccessLogOptions): () => void {
  const successes = new Sampler(clock, successesPerSecond);
  const unauthenticated = new Sampler(clock, MAX_UNAUTHENTICATED_PER_SECOND);

  /** Whether there is to be a line. */
  function wants(level: LogLevel, error: MillraceError | undefined): boolean {
    if (!logger.isEnabled('server', level)) return false;
    if (level === 'info') return successes.isDue();
    return isUnauthenticated(error) ? unauthenticated.isDue() : true;
  }

  function log(level: LogLevel, message: string, fields: LogFields): void {
    const counts = [
      ['skipped', successes.takeSkipped()],
      ['skipped_unauthenticated', unauthenticated.takeSkipped()],
    ].filter(([, count]) => count !== 0);
    logger.log({ room: 'server', level, message, fields: { ...fields, ...Object.fromEntries(counts) } });
  }

  const subscriptions = [
    events.subscribe('httpFinished', (event) => {
      const level = levelOf(event);
      if (!wants(level, event.error)) return;
      const path = shownPath(event.path);
      log(level, `${event.method} ${path} ${event.status}`.trimStart(), describeHttp(event, path));
    }),
    events.subscribe('grpcFinished', (event) => {
      const level = levelOfGrpc(event);
      if (!wants(level, event.error)) return;
      const path = shownPath(event.path);
      log(level, `gRPC ${path} ${grpcStatusName(event.status)}`, describeGrpc(event, path));
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

/** So many in a second have a line; counts those that get none. */
class Sampler {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #seen = 0;
  #skipped = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  isDue(): boolean {
    const now = this.#clock.now();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + WINDOW_MS;
      this.#seen = 0;
    }
    if (this.#seen++ < this.#perSecond) return true;
    this.#skipped++;
    return false;
  }

  takeSkipped(): number {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }
}

function isUnauthenticated(error: MillraceError | undefined): boolean {
  return error?.code === 'unauthenticated' || error instanceof TooManyFailedKeys;
}

/** Only what somebody has to repair is an error; refusals under load and callers' mistakes are not. */
function levelOf({ status, error }: Events['httpFinished']): LogLevel {
  if (status < 400) return 'info';
  // A 5xx without an error is the answer of a probe: the server, or a model that anybody may name, is not ready.
  return error?.code === 'internal' ? 'error' : 'warn';
}

function levelOfGrpc({ error }: Events['grpcFinished']): LogLevel {
  if (error === undefined) return 'info';
  return error.code === 'internal' ? 'error' : 'warn';
}

function describeHttp(event: Events['httpFinished'], path: string): LogFields {
  const { method, route, status, call } = event;
  const { ignored } = call.timing;
  return {
    ...callFields(call),
    method,
    route,
    path,
    status,
    ...describeExchange(event),
    ...(ignored.length === 0 ? {} : { ignored_parameters: ignored.join(', ') }),
  };
}

function describeGrpc(event: Events['grpcFinished'], path: string): LogFields {
  const { method, status, requestMessages, responseMessages, call } = event;
  return {
    ...callFields(call),
    route: method,
    path,
    status: grpcStatusName(status),
    request_messages: requestMessages,
    response_messages: responseMessages,
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
  const prepared = timing.prepareMs > 0 ? { prepare_ms: round(timing.prepareMs) } : {};
  if (timing.startedAt === 0) return prepared;
  return {
    ...prepared,
    queue_ms: round(queueMs(timing)),
    ...(timing.finishedAt > 0 ? { compute_ms: round(timing.finishedAt - timing.startedAt) } : {}),
    batch_rows: timing.batchRows,
    ...describeGeneration(timing),
  };
}

/** What only models of many answers, or those that count tokens, have. */
function describeGeneration({ receivedAt, firstResponseAt, usage, finishReason }: Timing): LogFields {
  return {
    ...(firstResponseAt > 0 ? { first_response_ms: round(firstResponseAt - receivedAt) } : {}),
    ...(usage === undefined
      ? {}
      : {
          prompt_tokens: usage.promptTokens,
          cached_tokens: usage.cachedTokens ?? 0,
          completion_tokens: usage.completionTokens,
        }),
    ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
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
