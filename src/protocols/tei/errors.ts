import { type ErrorCode, MillraceError } from '../../core/index.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { WireResponse } from '../wire.js';

type ErrorType = 'Unhealthy' | 'Backend' | 'Overloaded' | 'Validation' | 'Empty';

const EMPTY_STATUS = 400;

/** HTTP status of each error, by TEI's type of it where it has one. */
export const TEI_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 422,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 424,
  resource_exhausted: 429,
  quota_exceeded: 429,
  unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  unimplemented: 424,
  internal: 424,
};

const TYPES: Readonly<Record<ErrorCode, ErrorType>> = {
  invalid_argument: 'Validation',
  unauthenticated: 'Validation',
  permission_denied: 'Validation',
  not_found: 'Validation',
  already_exists: 'Validation',
  failed_precondition: 'Backend',
  resource_exhausted: 'Overloaded',
  quota_exceeded: 'Overloaded',
  unavailable: 'Unhealthy',
  deadline_exceeded: 'Backend',
  cancelled: 'Backend',
  unimplemented: 'Backend',
  internal: 'Backend',
};

/** The error of a model that lacks the task of a route, in TEI's words. */
export function wrongModel(problem: string): MillraceError {
  return new MillraceError('unimplemented', `Backend error: ${problem}`);
}

/** `{"error": text, "error_type": type}`. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  const isEmpty = error.reason === 'empty_input';
  const type = isEmpty ? 'Empty' : TYPES[error.code];
  return {
    status: ownStatus(error) ?? (isEmpty ? EMPTY_STATUS : status),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: error.message, error_type: type }),
  };
}

/** Of errors that have one that no code has. */
function ownStatus(error: MillraceError): number | undefined {
  return error instanceof ContentError ? error.status : undefined;
}
