import type { MillraceError } from '../core/index.js';
import { TooManyFailedKeys } from '../governance/index.js';
import { encodeError, type WireResponse } from '../protocols/index.js';
import { HttpError } from './http-error.js';

/** What HTTP has a status for that no code has. */
function httpStatusOf(error: MillraceError): number | undefined {
  if (error instanceof HttpError) return error.status;
  return error instanceof TooManyFailedKeys ? 429 : undefined;
}

/** An error as an answer: by its code, or by the status that only HTTP has for it. */
export function errorResponse(error: MillraceError): WireResponse {
  const { status, headers, body } = encodeError(error, httpStatusOf(error));
  // Several codes share a status; a body of Triton's has no place for them.
  const named: Record<string, string> = { ...headers, 'x-millrace-error': error.code };
  if (error instanceof HttpError) Object.assign(named, error.headers);
  else if (status === 401) named['www-authenticate'] = 'Bearer realm="millrace"';
  return { status, headers: named, body };
}
