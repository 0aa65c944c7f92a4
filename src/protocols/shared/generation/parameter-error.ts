import { type ErrorCode, type ErrorReason, excerpt, MillraceError } from '../../../core/index.js';

const MAX_PARAM_LENGTH = 512;

/** What is wrong with a parameter of a request, whose place is e.g. `messages[0].role`. */
export class ParameterError extends MillraceError {
  constructor(place: string, message: string, code: ErrorCode = 'invalid_argument') {
    // It may end with a name that the caller made up.
    super(code, message, { subject: { parameter: excerpt(place, MAX_PARAM_LENGTH) } });
    this.name = 'ParameterError';
  }
}

/** The request field that each error reason refers to. */
export type Places = Readonly<Partial<Record<ErrorReason, string>>>;

/** An error of a model as one of the request's part that it is about, where that is known. */
export function placed(error: unknown, places: Places): unknown {
  if (!(error instanceof MillraceError) || error.reason === undefined) return error;
  const parameter = places[error.reason];
  if (parameter === undefined) return error;
  const { code, message, reason, cause, subject } = error;
  return new MillraceError(code, message, { cause, reason, subject: { ...subject, parameter } });
}
