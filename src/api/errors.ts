import type { ErrorCode } from '../core/index.js';

/** The body of every answer that is no success, unless its endpoint says otherwise. */
export interface ApiError {
  readonly error: {
    readonly code: ErrorCode;
    /** For people: what is wrong, and what to do. */
    readonly message: string;
  };
}
