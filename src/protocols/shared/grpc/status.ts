import type { ErrorCode } from '../../../core/index.js';

/** The status codes of gRPC that this server answers with. */
export const GRPC_STATUS_CODES = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** gRPC status of each error. A full queue is `UNAVAILABLE`, as in Triton: what clients retry by default; a quota that is used up is not. */
export const GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: GRPC_STATUS_CODES.INVALID_ARGUMENT,
  unauthenticated: GRPC_STATUS_CODES.UNAUTHENTICATED,
  permission_denied: GRPC_STATUS_CODES.PERMISSION_DENIED,
  not_found: GRPC_STATUS_CODES.NOT_FOUND,
  already_exists: GRPC_STATUS_CODES.ALREADY_EXISTS,
  failed_precondition: GRPC_STATUS_CODES.FAILED_PRECONDITION,
  resource_exhausted: GRPC_STATUS_CODES.UNAVAILABLE,
  quota_exceeded: GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
  unavailable: GRPC_STATUS_CODES.UNAVAILABLE,
  deadline_exceeded: GRPC_STATUS_CODES.DEADLINE_EXCEEDED,
  cancelled: GRPC_STATUS_CODES.CANCELLED,
  unimplemented: GRPC_STATUS_CODES.UNIMPLEMENTED,
  internal: GRPC_STATUS_CODES.INTERNAL,
};

const NAMES = new Map<number, string>(Object.entries(GRPC_STATUS_CODES).map(([name, status]) => [status, name]));

/** `14` → `UNAVAILABLE`. */
export function grpcStatusName(status: number): string {
  return NAMES.get(status) ?? String(status);
}
