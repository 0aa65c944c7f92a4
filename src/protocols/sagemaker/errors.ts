import { type ErrorCode, MillraceError } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { ContentError } from '../shared/invocations/content-error.js';
import { OutOfMemoryError } from '../shared/model-server/load-from.js';
import type { WireResponse } from '../wire.js';

/** The `__type` by which AWS's clients tell errors apart. */
const TYPES: Readonly<Record<ErrorCode, string>> = {
  invalid_argument: 'ValidationError',
  unauthenticated: 'UnrecognizedClientException',
  permission_denied: 'AccessDeniedException',
  not_found: 'ValidationError',
  already_exists: 'ConflictException',
  failed_precondition: 'ValidationError',
  resource_exhausted: 'ThrottlingException',
  quota_exceeded: 'ThrottlingException',
  unavailable: 'ServiceUnavailable',
  deadline_exceeded: 'ModelError',
  cancelled: 'InternalFailure',
  unimplemented: 'ValidationError',
  internal: 'InternalFailure',
};

/** An error that AWS has a name of its own for. */
export class AwsError extends MillraceError {
  readonly type: string;

  constructor(code: ErrorCode, type: string, message: string) {
    super(code, message);
    this.name = 'AwsError';
    this.type = type;
  }
}

const MODEL_ERROR_STATUS = 424;

/**
 * What a model's container has refused, as SageMaker's runtime passes it on: 424 `ModelError` with the container's own status. What says
 * that the server has too much to do is passed on as it is, so that clients try again.
 */
export class ModelError extends MillraceError {
  readonly originalStatus: number;

  constructor(original: MillraceError) {
    super(original.code, original.message, { cause: original });
    this.name = 'ModelError';
    this.originalStatus = original instanceof ContentError ? original.status : HTTP_STATUS[original.code];
  }
}

/** `{"Message": text}` with the type of the error in a header, as AWS's JSON protocol has it; of a {@link ModelError} its original, too. */
export function encodeError(error: MillraceError, status: number): WireResponse {
  if (error instanceof ModelError) {
    const { message, originalStatus } = error;
    return answer(MODEL_ERROR_STATUS, 'ModelError', {
      Message: `Received ${originalStatus < 500 ? 'client' : 'server'} error (${originalStatus}) from primary with message "${message}".`,
      OriginalStatusCode: originalStatus,
      OriginalMessage: message,
    });
  }
  const type = error instanceof AwsError ? error.type : TYPES[error.code];
  return answer(ownStatus(error) ?? status, type, { Message: error.message });
}

/** Of errors that have one that no code has. */
function ownStatus(error: MillraceError): number | undefined {
  if (error instanceof ContentError) return error.status;
  return error instanceof OutOfMemoryError ? OutOfMemoryError.status : undefined;
}

function answer(status: number, type: string, body: object): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
    body: JSON.stringify(body),
  };
}
