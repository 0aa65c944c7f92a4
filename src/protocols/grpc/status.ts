import type { ErrorCode } from '../../core/index.js';

/** The status codes of gRPC that this server answers with. */
export const GRPC_STATUS_CODES = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** gRPC status of each error. A full queue is `UNAVAILABLE`, as in Triton: what clients retry by default. */
export const GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: GRPC_STATUS_CODES.invalidArgument,
  unauthenticated: GRPC_STATUS_CODES.unauthenticated,
  permission_denied: GRPC_STATUS_CODES.permissionDenied,
  not_found: GRPC_STATUS_CODES.notFound,
  already_exists: GRPC_STATUS_CODES.alreadyExists,
  failed_precondition: GRPC_STATUS_CODES.failedPrecondition,
  resource_exhausted: GRPC_STATUS_CODES.unavailable,
  unavailable: GRPC_STATUS_CODES.unavailable,
  deadline_exceeded: GRPC_STATUS_CODES.deadlineExceeded,
  cancelled: GRPC_STATUS_CODES.cancelled,
  unimplemented: GRPC_STATUS_CODES.unimplemented,
  internal: GRPC_STATUS_CODES.internal,
};
