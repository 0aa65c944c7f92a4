import type { ErrorCode, MillraceError } from '../../core/index.js';
import { retryHeaders } from '../shared/generation/retry-headers.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** Of a server that has more to do than it can. */
const OVERLOADED = 529;
const TOO_LARGE = 413;

/** HTTP status of each error, such that Anthropic's clients try again where that helps. */
export const ANTHROPIC_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...HTTP_STATUS,
  resource_exhausted: OVERLOADED,
  unimplemented: 400,
};

/** Anthropic's `type` of each error. */
const TYPES: Readonly<Record<ErrorCode, string>> = {
  invalid_argument: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  permission_denied: 'permission_error',
  not_found: 'not_found_error',
  already_exists: 'invalid_request_error',
  failed_precondition: 'invalid_request_error',
  resource_exhausted: 'overloaded_error',
  quota_exceeded: 'rate_limit_error',
  unavailable: 'api_error',
  deadline_exceeded: 'timeout_error',
  cancelled: 'api_error',
  unimplemented: 'invalid_request_error',
  internal: 'api_error',
};

/** The data of an error, in an answer or in a stream. The id of the request is in the header `request-id`. */
export function errorBody({ code, message }: MillraceError, type = TYPES[code]): object {
  return { type: 'error', error: { type, message }, request_id: null };
}

/** An error as Anthropic's clients read it. */
export function encodeError(error: MillraceError, usual: number): WireResponse {
  const status = error instanceof ContentError ? error.status : usual;
  const body = errorBody(error, status === TOO_LARGE ? 'request_too_large' : undefined);
  return {
    status,
    headers: { 'content-type': 'application/json', ...retryHeaders(error) },
    body: JSON.stringify(body),
  };
}
