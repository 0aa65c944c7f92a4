import type { Call, Clock, InferTarget } from '../../core/index.js';
import type { Route, RouteRequest, WireResponse, WireStream } from '../../protocols/index.js';
import { delivered, type JobInfo, type JobResult, type JobUseCases } from '../../service/index.js';
import type { HttpExchange } from '../http/exchange.js';
import { readJobHeaders, storedHeaders } from './job-headers.js';

/** When a client may ask for the first time, in seconds. */
const RETRY_AFTER_S = '1';

export interface AnswerLaterSetup {
  readonly jobs: Pick<JobUseCases, 'submit' | 'settled' | 'result'>;
  readonly clock: Clock;
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
  { jobs, clock }: AnswerLaterSetup,
  exchange: HttpExchange,
  { route, dialect, waitMs, request }: LaterRequest,
): Promise<Answer> {
  const { call } = exchange;
  const wishes = readJobHeaders(request.headers, clock.wallNow());
  // Decoders may move the body to another thread, and the memory of large ones is used again.
  const body = new Uint8Array(request.body);
  const outcome = await checked(call, route, request);
  if ('answer' in outcome) return outcome.answer;
  const { method, url, headers } = request;
  const stored = await jobs.submit(call, {
    ...wishes,
    model: outcome.target.name,
    dialect,
    request: { method, url, headers: storedHeaders(headers, call.requestId) },
    body,
  });
  // It is safe now, whatever becomes of its client.
  exchange.settlement.unwatch();
  if (waitMs === undefined) return accepted(stored, undefined);
  const info = await jobs.settled(call, stored.id, waitMs);
  if (info.endedAtMs === undefined) return accepted(info, waitMs);
  return answerOf(await jobs.result(call, info.id), waitMs);
}

/** Runs a route until its inference has been checked, or it has answered otherwise. */
async function checked(
  call: Call,
  route: Route,
  request: RouteRequest,
): Promise<{ readonly target: InferTarget } | { readonly answer: Answer }> {
  const deferred = new Promise<{ readonly target: InferTarget }>((resolve) => {
    call.deferral = { checked: (target) => resolve({ target }) };
  });
  const answering = Promise.resolve(route.handle(call, request)).then((answer) => ({ answer }));
  // Once it is deferred, how the route ends means nothing.
  answering.catch(() => undefined);
  // It stays on the call: a route may have more inferences than one, and none of them is to run.
  return Promise.race([deferred, answering]);
}

function accepted({ id, state }: JobInfo, waitMs: number | undefined): WireResponse {
  const location = `/millrace/v1/jobs/${id}`;
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      location,
      'retry-after': RETRY_AFTER_S,
      'preference-applied': waitMs === undefined ? 'respond-async' : `respond-async, ${waitApplied(waitMs)}`,
      'x-millrace-job': state,
    },
    body: JSON.stringify({ id, state, result: location, status: `${location}/status` }),
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
