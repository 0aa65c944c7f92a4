import { type ErrorCode, MillraceError } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { OutOfMemoryError } from '../shared/model-server/load-from.js';
import type { WireResponse } from '../wire.js';

/** HTTP status of each error on TorchServe's routes. */
export const TORCHSERVE_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...HTTP_STATUS,
  failed_precondition: 412,
  resource_exhausted: 503,
};

/** Names of TorchServe's exceptions, by which its clients tell errors apart. */
const TYPES: Readonly<Record<ErrorCode, string>> = {
  invalid_argument: 'BadRequestException',
  unauthenticated: 'InvalidKeyException',
  permission_denied: 'InvalidKeyException',
  not_found: 'ModelNotFoundException',
  already_exists: 'ConflictStatusException',
  failed_precondition: 'BadRequestException',
  resource_exhausted: 'ServiceUnavailableException',
  quota_exceeded: 'ServiceUnavailableException',
  unavailable: 'ServiceUnavailableException',
  deadline_exceeded: 'RequestTimeoutException',
  cancelled: 'RequestTimeoutException',
  unimplemented: 'NotImplementedException',
  internal: 'InternalServerException',
};

/** A model has no such version. */
export class VersionError extends MillraceError {
  constructor(message: string) {
    super('not_found', message);
    this.name = 'VersionError';
  }
}

/** Name of the exception that stands for an error. What the server refuses by itself, it gives a status of its own. */
function typeOf(error: MillraceError, status: number): string {
  if (error instanceof OutOfMemoryError) return 'OutOfMemoryError';
  if (status === 405) return 'MethodNotAllowedException';
  if (error instanceof VersionError) return 'ModelVersionNotFoundException';
  if (error.name === 'HttpError' && status === 404) return 'ResourceNotFoundException';
  return TYPES[error.code];
}

/** `{"code", "type", "message"}`. */
export function encodeError(error: MillraceError, usual: number): WireResponse {
  const status = error instanceof OutOfMemoryError ? OutOfMemoryError.status : usual;
  const body = { code: status, type: typeOf(error, status), message: error.message };
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
