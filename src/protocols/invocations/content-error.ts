import { MillraceError } from '../../core/index.js';

/** A type of body that is not read (415), or of an answer that is not written (406). */
export class ContentError extends MillraceError {
  readonly status: 406 | 415;

  constructor(status: 406 | 415, message: string) {
    super('invalid_argument', message);
    this.name = 'ContentError';
    this.status = status;
  }
}
