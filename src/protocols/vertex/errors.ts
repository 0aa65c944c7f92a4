import type { ErrorCode, MillraceError } from '../../core/index.js';
import { ContentError } from '../invocations/content-error.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error on Vertex AI's routes, as Google's APIs map theirs. */
export const VERTEX_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 400,
  resource_exhausted: 429,
  unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  unimplemented: 501,
  internal: 500,
};

/** `{"error": {"code", "message", "status"}}`, as Google's APIs write it; Vertex AI passes it on. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  const code = error instanceof ContentError ? error.status : status;
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message: error.message, status: error.code.toUpperCase() } }),
  };
}
