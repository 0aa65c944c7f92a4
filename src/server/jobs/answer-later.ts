import type { Route, RouteRequest, WireResponse, WireStream } from '../../protocols/index.js';
import { delivered, type JobInfo, type JobResult, type JobUseCases } from '../../service/index.js';
import type { HttpExchange } from '../http/exchange.js';

/** When a client may ask for the first time, in seconds. */
const RETRY_AFTER_S = '1';

export interface AnswerLaterSetup {
  readonly jobs: Pick<JobUseCases, 'submitRequest' | 'settled' | 'result'>;
}

/** A request for an answer that may come later. */
export interface LaterRequest {
  readonly route: Route;
  readonly dialect: string;
  /** How long the client waits for the answer before it takes 202, in milliseconds; undefined = not at all. */
  readonly waitMs: number | undefined;
  readonly request: RouteRequest;
}

type Answer = WireResponse | WireStream;

/**
 * Answers a request whose client prefers not to wait: checks it as far as its inference, stores it, and answers 202, or, where the job ends within
 * the client's wait, with its answer. A request that turns out to be for a stream is answered as if the client had no preference. Rejects as the
 * route does, and as the submission.
 */
export async function answerLater(
  { jobs }: AnswerLaterSetup,
  exchange: HttpExchange,
  { route, dialect, waitMs, request }: LaterRequest,
): Promise<Answer> {
  const { call } = exchange;
  const { method, url, headers, body } = request;
  const answer = () => route.handle(call, request);
  const outcome = await jobs.submitRequest(call, { dialect, method, url, headers, body, answer });
  if ('answer' in outcome) return outcome.answer;
  const stored = outcome.job;
  // It is safe now, whatever becomes of its client.
  exchange.settlement.unwatch();
  if (waitMs === undefined) return accepted(stored, undefined, exchange.prefix);
  const info = await jobs.settled(call, stored.id, waitMs);
  if (info.endedAtMs === undefined) return accepted(info, waitMs, exchange.prefix);
  return answerOf(await jobs.result(call, info.id), waitMs);
}

/** `prefix`: the path below which the client's proxy exposes this server. */
function accepted({ id, state }: JobInfo, waitMs: number | undefined, prefix: string): WireResponse {
  const location = `/millrace/v1/jobs/${id}`;
  const result = `${prefix}${location}`;
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      location,
      'retry-after': RETRY_AFTER_S,
      'preference-applied': waitMs === undefined ? 'respond-async' : `respond-async, ${waitApplied(waitMs)}`,
      'x-millrace-job': state,
    },
    body: JSON.stringify({ id, state, result, status: `${result}/status` }),
  };
}

/** The answer of a job that ended while its client waited: as if the request had run at once. */
function answerOf(result: JobResult, waitMs: number): WireResponse {
  const { info } = result;
  const { status, headers, body } = delivered(result);
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-millrace-')));
  const about = {
    location: `/millrace/v1/jobs/${info.id}`,
    'preference-applied': waitApplied(waitMs),
    'x-millrace-job': info.state,
  };
  return { status, headers: { ...own, ...about }, body };
}

/** Of `Preference-Applied` (RFC 7240, section 3). */
function waitApplied(waitMs: number): string {
  return `wait=${waitMs / 1_000}`;
}
