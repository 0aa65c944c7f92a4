import type { ErrorCode, MillraceError } from '../../core/index.js';
import { StaleChange } from '../../service/index.js';
import { RevisionConflict } from '../../store/index.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error of the server's own API. */
export const MILLRACE_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  resource_exhausted: 429,
  unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  unimplemented: 501,
  internal: 500,
};

const PRECONDITION_FAILED = 412;

/** `{"error": {"code": "failed_precondition", "message": "…"}}`; 412 where somebody has changed what If-Match names. */
export function encodeError(error: MillraceError, usual: number): WireResponse {
  const isStale = error instanceof StaleChange || error instanceof RevisionConflict;
  const { code, message } = error;
  return {
    status: isStale ? PRECONDITION_FAILED : usual,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message } }),
  };
}
