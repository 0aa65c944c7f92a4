import type { RanRequest } from '../../service/index.js';
import type { StoredAnswer } from '../fetch/stored-exchange.js';
import { answerHeaders } from './job-headers.js';

/** The answer of a stored request, to be stored in turn. */
export function ranRequest({ status, headers, body, error, hasRun, usage }: StoredAnswer): RanRequest {
  return { answer: { status, headers: answerHeaders(headers), body }, error, hasRun, usage };
}
