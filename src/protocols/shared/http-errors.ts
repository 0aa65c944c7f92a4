import type { ErrorCode, MillraceError } from '../../core/index.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error, as `google.rpc.Code` maps those of these names. Dialects say where theirs differ. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 400,
  resource_exhausted: 429,
  quota_exceeded: 429,
  unavailable: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  unimplemented: 501,
  internal: 500,
};

/** `{"error": text}`, as several protocols write errors. */
export function encodeErrorText({ message }: MillraceError, status: number): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: message }) };
}
