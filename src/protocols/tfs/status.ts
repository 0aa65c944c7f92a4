import type { ErrorCode, MillraceError } from '../../core/index.js';
import { GRPC_STATUS, GRPC_STATUS_CODES } from '../grpc/status.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error, as TensorFlow Serving maps its own. */
export const TFS_STATUS: Readonly<Record<ErrorCode, number>> = {
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

/** `{"error": text}`. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: error.message }) };
}

/** gRPC status of each error: as its names say, as TensorFlow Serving has it. */
export const TFS_GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...GRPC_STATUS,
  resource_exhausted: GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
};
