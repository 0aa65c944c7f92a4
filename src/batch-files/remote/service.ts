import type { Tensor } from '../../core/index.js';

/** Where a server's batch stands. */
export interface RemoteBatch {
  readonly state: 'running' | 'completed' | 'expired' | 'stopped';
  /** Why it is stopped. */
  readonly reason: string | undefined;
  /** Files with answers, and with errors. */
  readonly files: readonly string[];
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

/** A server that answers files of requests. All reject with an error that says why. */
export interface BatchService {
  /** Stores requests; resolves with the id of their file. */
  upload(name: string, content: Uint8Array): Promise<string>;
  /** Starts a batch; resolves with its id. */
  start(file: string): Promise<string>;
  look(batch: string): Promise<RemoteBatch>;
  download(file: string): Promise<Uint8Array>;
  /** Removes files that are not needed any more; failures are no trouble. */
  remove(files: readonly string[]): Promise<void>;
  /** A request as a line of a file. */
  encode(id: string, inputs: readonly Tensor[]): string;
  /** The answer in a line. Throws where it is none. */
  decode(line: string): RemoteAnswer;
}

/** What a line of a batch's files says of a request. */
export interface RemoteAnswer {
  readonly id: string;
  /** HTTP's; 0 = it was not run. */
  readonly status: number;
  readonly outputs: readonly Tensor[];
  readonly error: string | undefined;
}

/** How far a server is with the requests. */
export interface RemoteProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
}
