import type { Reply } from '../../async/index.js';
import type { ErrorCode } from '../../core/index.js';
import type { Conflict } from '../errors.js';
import type { OperationName } from './operations.js';

export interface StoreRequest {
  readonly name: OperationName;
  readonly input: unknown;
}

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** What the database or the system said. */
  readonly detail: string | undefined;
  readonly conflict: Conflict | undefined;
  /** It is a StoreInUse. */
  readonly isInUse: boolean;
}

/** One for each request. */
export type StoreReply = Reply<Fault>;
