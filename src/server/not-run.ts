import { type Call, type ErrorCode, type MillraceError, ShutdownError } from '../core/index.js';
import { TooManyFailedKeys } from '../governance/index.js';
import { NOBODY } from './settlement.js';

/** The header, in gRPC the trailer, of an error whose request another server may safely be sent. */
export const NOT_RUN_HEADER = 'x-millrace-not-run';

/** What another server may have room for. A quota holds on every server. */
const MAY_SUCCEED_ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['unavailable', 'resource_exhausted']);

/**
 * Whether a request was refused before a runner was given any part of it, so that a proxy may send it to another server. False where that is
 * not certain, where another server would refuse it as well, and for whatever is no inference.
 */
export function isNotRun(error: MillraceError, call: Call): boolean {
  // Refused before its caller was known.
  if (error instanceof ShutdownError && call.principal === NOBODY) return true;
  // What is to be stored may have been stored.
  if (call.hasRun !== false || call.deferral !== undefined) return false;
  return MAY_SUCCEED_ELSEWHERE.has(error.code) && !(error instanceof TooManyFailedKeys);
}
