import type { ApiError, Encoded, FailedReload } from '../api/index.js';
import type { ErrorCode, MillraceError } from '../core/index.js';
import { HTTP_STATUS, type WireResponse } from '../protocols/index.js';
import { JobElsewhere, JobGone, ReloadFailed, StaleChange } from '../service/index.js';
import { RevisionConflict } from '../store/index.js';
import { encodeReload } from './reload.js';

/** HTTP status of each error of the server's own API. */
export const MILLRACE_STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, failed_precondition: 409 };

const GONE = 410;
const PRECONDITION_FAILED = 412;
const MISDIRECTED_REQUEST = 421;

/** The body says what is wrong, of a reload with its result. */
export function encodeError(error: MillraceError, usual: number): WireResponse {
  return {
    status: statusOf(error) ?? usual,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(error instanceof ReloadFailed ? encodeFailedReload(error) : bodyOf(error)),
  };
}

/** Statuses of errors that share their codes with others. */
function statusOf(error: MillraceError): number | undefined {
  if (error instanceof StaleChange || error instanceof RevisionConflict) return PRECONDITION_FAILED;
  if (error instanceof JobGone) return GONE;
  return error instanceof JobElsewhere ? MISDIRECTED_REQUEST : undefined;
}

/** `{"error": {"code": "not_found", "message": "…"}}` */
function bodyOf({ code, message }: MillraceError): Encoded<ApiError> {
  return { error: { code, message } };
}

function encodeFailedReload({ message, result }: ReloadFailed): Encoded<FailedReload> {
  return { error: { code: 'failed_precondition', message }, ...encodeReload(result) };
}
