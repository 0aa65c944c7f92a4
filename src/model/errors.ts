import { type ErrorCode, type ErrorOptions, MillraceError } from '../core/index.js';

/**
 * What a model throws to tell its caller what is wrong: the caller gets code and message, nobody else does. Of
 * anything else that is thrown the caller gets `internal` and its class, and the log the rest.
 */
export class ModelError extends MillraceError {
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
    this.name = 'ModelError';
  }
}
