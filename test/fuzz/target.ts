import type { PartialSettings } from '../../src/config/index.js';
import type { AppServer } from '../support/app-server.js';
import type { FolderContents } from '../support/model-folder.js';
import type { MakeShot } from './shot.js';

/** A valid inference whose answer is known. */
export interface Question {
  readonly model: string;
  readonly request: object;
  readonly outputs: unknown;
}

/** A part of the server that strangers speak to: the server, what is sent to it, and the answers that it may give. */
export interface FuzzTarget {
  readonly name: string;
  /** Besides the witness's model. */
  readonly models: FolderContents;
  /** Besides limits that a run can reach. */
  readonly settings: PartialSettings;
  /** Runs before the first shot; its result is disposed of after the last. */
  readonly prepare?: (server: AppServer) => Promise<AsyncDisposable | undefined>;
  readonly make: MakeShot;
  /** Rows of the role matrix whose valid requests are seeds: HTTP routes and gRPC methods. */
  readonly rows: RegExp;
  /** Every HTTP status that an answer may have; 500 is in no list. */
  readonly statuses: readonly number[];
  /** Every gRPC code that a call may end with. */
  readonly codes: readonly number[];
  /** Statuses (`200`) and codes (`gRPC 0`) that a run must see: mutations are neither all refused nor all without effect. */
  readonly reaches: readonly string[];
  /** Shots of one run in CI, a few seconds. */
  readonly shots: number;
  /** What the witness asks besides its own model. */
  readonly questions?: readonly Question[];
  /** The witness's credential. */
  readonly credential?: Readonly<Record<string, string>>;
}

/** What every dialect may answer over HTTP. */
export const HTTP_STATUSES = [
  ...[200, 204, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 417, 421, 429, 431],
  // 499 is the log's status of clients that left.
  499,
  // A method that HTTP does not know, an overloaded server, a deadline that has passed, a version of HTTP that is not spoken;
  // overload as Anthropic's clients know it.
  ...[501, 503, 504, 505, 529],
] as const;

/** All codes but UNKNOWN, ABORTED, OUT_OF_RANGE, INTERNAL and DATA_LOSS. */
export const GRPC_CODES = [0, 1, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16] as const;
