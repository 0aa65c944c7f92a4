import { MillraceError } from '../../core/index.js';
import { TooManyFailedKeys } from '../../governance/index.js';
import { encodeRetryInfo, GRPC_STATUS_CODES, type ServedMethod } from '../../protocols/index.js';

/** A refusal by the transport itself, with a status that no error code stands for. */
export class GrpcRefusal extends MillraceError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(status === GRPC_STATUS_CODES.UNIMPLEMENTED ? 'unimplemented' : 'invalid_argument', message);
    this.name = 'GrpcRefusal';
    this.status = status;
  }
}

/** The `grpc-status` of an error, by the dialect's own statuses. What is worth trying again is `UNAVAILABLE`, which clients retry by themselves. */
export function statusOf(error: MillraceError, statuses: ServedMethod['status']): number {
  if (error instanceof GrpcRefusal) return error.status;
  // The same key would only count again.
  if (error instanceof TooManyFailedKeys) return GRPC_STATUS_CODES.RESOURCE_EXHAUSTED;
  if (error.code === 'resource_exhausted' && error.retryAfterMs === undefined) {
    return GRPC_STATUS_CODES.RESOURCE_EXHAUSTED;
  }
  return statuses[error.code];
}

/**
 * `grpc-retry-pushback-ms` of an error: when to try again. Clients retry `UNAVAILABLE` by themselves, so those that may have
 * been executed say -1: not at all. undefined = nothing to say.
 */
export function pushbackOf(error: MillraceError, status: number): string | undefined {
  if (error.retryAfterMs !== undefined) return String(Math.ceil(error.retryAfterMs));
  return status === GRPC_STATUS_CODES.UNAVAILABLE ? '-1' : undefined;
}

/** When to try again, for clients of Google's APIs. */
export function retryTrailers(
  { message, retryAfterMs }: MillraceError,
  status: number,
): Readonly<Record<string, string>> {
  if (retryAfterMs === undefined) return {};
  return { 'grpc-status-details-bin': encodeRetryInfo({ status, message, retryAfterMs }) };
}
