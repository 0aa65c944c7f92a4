import { type ErrorCode, type ErrorOptions, MillraceError } from '../core/index.js';

/**
 * What a model throws to tell its caller what is wrong: the caller gets code and message, nobody else does. Anything
 * else that is thrown is `internal`, with its message.
 */
export class ModelError extends MillraceError {
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
    this.name = 'ModelError';
  }
}
