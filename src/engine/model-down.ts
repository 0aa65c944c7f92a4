import { MillraceError, wordingOf } from '../core/index.js';
import type { Suspect } from './types.js';

/** No instance is up, and the request may run elsewhere: nothing of it has run, or it may run again. */
export class ModelDownError extends MillraceError {
  /** To be submitted with it. */
  readonly suspect: Suspect | undefined;

  constructor(down: MillraceError, suspect: Suspect | undefined) {
    const { retryAfterMs } = down;
    super('unavailable', wordingOf(down), retryAfterMs === undefined ? {} : { retryAfterMs });
    this.name = 'ModelDownError';
    this.suspect = suspect;
  }
}
