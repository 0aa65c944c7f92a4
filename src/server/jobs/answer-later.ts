import type { Route, RouteRequest, WireResponse, WireStream } from '../../protocols/index.js';
import { delivered, type JobInfo, type JobResult, type JobUseCases } from '../../service/index.js';
import type { HttpExchange } from '../http/exchange.js';
import { type AsyncPreference, preferenceApplied } from './prefer.js';

/** When a client may ask for the first time, in seconds. */
const RETRY_AFTER_S = '1';

export interface AnswerLaterSetup {
  readonly jobs: Pick<JobUseCases, 'submitRequest' | 'settled' | 'result'>;
}

/** A request for an answer that may come later. */
export interface LaterRequest {
  readonly route: Route;
  readonly dialect: string;
  readonly preference: AsyncPreference;
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
  { route, dialect, preference, request }: LaterRequest,
): Promise<Answer> {
  const { call } = exchange;
  const { method, url, headers, body } = request;
  const answer = () => route.handle(call, request);
  const outcome = await jobs.submitRequest(call, { dialect, method, url, headers, body, answer });
  if ('answer' in outcome) return outcome.answer;
  const stored = outcome.job;
  // It is safe now, whatever becomes of its client.
  exchange.settlement.unwatch();
  const { waitMs } = preference;
  if (waitMs === undefined) return accepted(stored, preference);
  const info = await jobs.settled(call, stored.id, waitMs);
  if (info.endedAtMs === undefined) return accepted(info, preference);
  return answerOf(await jobs.result(call, info.id), preference);
}

function accepted({ id, state }: JobInfo, preference: AsyncPreference): WireResponse {
  const location = `/millrace/v1/jobs/${id}`;
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      location,
      'retry-after': RETRY_AFTER_S,
      'preference-applied': preferenceApplied(preference, true),
      'x-millrace-job': state,
    },
    body: JSON.stringify({ id, state, result: location, status: `${location}/status` }),
  };
}

/** The answer of a job that ended while its client waited: as if the request had run at once. */
function answerOf(result: JobResult, preference: AsyncPreference): WireResponse {
  const { info } = result;
  const { status, headers, body } = delivered(result);
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-millrace-')));
  const about = {
    location: `/millrace/v1/jobs/${info.id}`,
    'preference-applied': preferenceApplied(preference, false),
    'x-millrace-job': info.state,
  };
  return { status, headers: { ...own, ...about }, body };
}
