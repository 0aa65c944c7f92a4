import type { MillraceError } from '../../core/index.js';
import { InvalidToken, TooManyFailedKeys } from '../../governance/index.js';
import type { Dialect, WireResponse } from '../../protocols/index.js';
import { FileTooLarge, JobGone, KeyConflict } from '../../service/index.js';
import { HttpError } from '../http-error.js';

const CHALLENGE = 'Bearer realm="millrace"';
/** RFC 6750, 3.1. */
const INVALID_TOKEN = `${CHALLENGE}, error="invalid_token"`;

/** What HTTP has a status for that no code has. */
function httpStatusOf(error: MillraceError): number | undefined {
  if (error instanceof HttpError) return error.status;
  if (error instanceof KeyConflict) return 422;
  if (error instanceof FileTooLarge) return 413;
  if (error instanceof JobGone) return 410;
  return error instanceof TooManyFailedKeys ? 429 : undefined;
}

/** An error as an answer of a dialect: by its code, or by the status that only HTTP has for it. */
export function errorResponse(error: MillraceError, dialect: Pick<Dialect, 'status' | 'encodeError'>): WireResponse {
  const { status, headers, body } = dialect.encodeError(error, httpStatusOf(error) ?? dialect.status[error.code]);
  // Several codes share a status, and few dialects have a place for them.
  const named: Record<string, string> = { ...headers, 'x-millrace-error': error.code };
  if (error.retryAfterMs !== undefined) {
    named['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
  }
  if (error instanceof HttpError) Object.assign(named, error.headers);
  else if (status === 401) named['www-authenticate'] = error instanceof InvalidToken ? INVALID_TOKEN : CHALLENGE;
  return { status, headers: named, body };
}
