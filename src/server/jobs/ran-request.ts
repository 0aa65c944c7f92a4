import type { RanRequest } from '../../service/index.js';
import type { StoredAnswer } from '../fetch/stored-exchange.js';
import { answerHeaders } from './answer-headers.js';

/** The answer of a stored request, to be stored in turn. */
export function ranRequest({ status, headers, body, ...ran }: StoredAnswer): RanRequest {
  return { ...ran, answer: { status, headers: answerHeaders(headers), body } };
}
