import { MillraceError } from '../../../core/index.js';

/** A type of body that is not read (415), or of an answer that is not written (406); a body with too much of something (413). */
export class ContentError extends MillraceError {
  readonly status: 406 | 413 | 415;

  constructor(status: 406 | 413 | 415, message: string) {
    super('invalid_argument', message);
    this.name = 'ContentError';
    this.status = status;
  }
}
