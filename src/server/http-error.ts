import { type ErrorCode, MillraceError } from '../core/index.js';

/** What never reaches a use case, by status: who must be told apart from the closed list of error codes. */
const CODE_OF_STATUS = {
  400: 'invalid_argument',
  403: 'permission_denied',
  404: 'not_found',
  405: 'unimplemented',
  408: 'deadline_exceeded',
  413: 'invalid_argument',
  415: 'invalid_argument',
  417: 'invalid_argument',
  421: 'permission_denied',
  431: 'invalid_argument',
  501: 'unimplemented',
  505: 'unimplemented',
} as const satisfies Readonly<Record<number, ErrorCode>>;

export type HttpErrorStatus = keyof typeof CODE_OF_STATUS;

/** A refusal by the server itself, with an HTTP status that no {@link ErrorCode} has of its own. */
export class HttpError extends MillraceError {
  readonly status: HttpErrorStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: HttpErrorStatus, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(CODE_OF_STATUS[status], message);
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

/** The client has ended its side in the middle of a request. */
export function prematureEnd(): HttpError {
  return new HttpError(400, 'the connection ended before the request was complete');
}
