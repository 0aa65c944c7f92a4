import { MillraceError } from '../core/index.js';

/** A file is larger than it may be. `invalid_argument`; 413 over HTTP. */
export class FileTooLarge extends MillraceError {
  constructor(maxBytes: number, setting: string) {
    super('invalid_argument', `the file is too large: expected at most ${maxBytes} bytes (${setting})`);
    this.name = 'FileTooLarge';
  }
}

/** An id for which there is nothing, or nothing of this caller's. */
export class UnknownFile extends MillraceError {
  /** `file`, `upload`. */
  readonly kind: string;

  constructor(kind: string, id: string) {
    super('not_found', `there is no ${kind} '${id.slice(0, 80)}'`, { subject: { parameter: `${kind}_id` } });
    this.name = 'UnknownFile';
    this.kind = kind;
  }
}

/** When somebody may have made room. */
const RETRY_AFTER_MS = 30_000;

/** The share of a caller is used up: only the caller can make room. */
export function shareFull(why: string): MillraceError {
  return new MillraceError('resource_exhausted', `the file cannot be stored: ${why}; delete files`, {
    reason: 'insufficient_quota',
  });
}

/** There is no room for files of anybody. */
export function noRoom(why: string): MillraceError {
  return new MillraceError('unavailable', `the file cannot be stored: ${why}`, { retryAfterMs: RETRY_AFTER_MS });
}
