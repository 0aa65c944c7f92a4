import { MillraceError } from '../core/index.js';
import type { Suspect } from './types.js';

/** No instance is up, and the request may run elsewhere: nothing of it has run, or it may run again. */
export class ModelDownError extends MillraceError {
  /** To be submitted with it. */
  readonly suspect: Suspect | undefined;

  constructor({ message, retryAfterMs }: MillraceError, suspect: Suspect | undefined) {
    super('unavailable', message, retryAfterMs === undefined ? {} : { retryAfterMs });
    this.name = 'ModelDownError';
    this.suspect = suspect;
  }
}
