import type { StoredRequestAnswer } from '../stored-requests/index.js';
import type { JobResult } from './types.js';

const TOO_MANY_REQUESTS = 429;
/** Gateways take 5xx and 429 of an answer as the state of this server, and would send it no more requests. */
const FAILED_DEPENDENCY = 424;

/** Whether a status says something of a server, and not of a request. */
function blamesServer(status: number): boolean {
  return status >= 500 || status === TOO_MANY_REQUESTS;
}

/**
 * The answer of a job that has ended, as it is delivered over HTTP: the one that the request would have got at once. 424 with the reason, and the
 * status of the answer, for a job that has none, or one of 429 or 5xx.
 */
export function delivered({ info, answer }: JobResult): StoredRequestAnswer {
  if (answer !== undefined && !blamesServer(answer.status)) return answer;
  const { id, state, errorCode: code = 'internal', errorMessage: message = 'the job has no answer' } = info;
  const body = { error: { code, message }, job: { id, state, status: answer?.status } };
  return {
    status: FAILED_DEPENDENCY,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}
