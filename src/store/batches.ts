import type { NewFile } from './files.js';

/** States of a batch, as OpenAI's API names them; `completed`, `failed`, `expired` and `cancelled` are final. */
export type BatchState =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'cancelling'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';

/** Something that is wrong with the input file. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  /** From 1; undefined = it is not about a line. */
  readonly line: number | undefined;
  /** Member of the line. */
  readonly param: string | undefined;
}

export interface BatchCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** Sums of answers that say it. */
export interface BatchUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** How far a batch is: what is on the disk. A batch that is interrupted continues here. */
export interface BatchCheckpoint extends BatchCounts {
  /** Lines of the input that have a result, and where the next one begins. */
  readonly lines: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly errorBytes: number;
  readonly usage: BatchUsage | undefined;
}

/** When a batch got into each state; milliseconds since the Unix epoch. */
export type BatchTimes = { readonly [State in Exclude<BatchState, 'validating'>]?: number };

/** Objects that a batch reads and writes in place of files. */
export interface BatchObjects {
  /** URL of an object, or with a slash at its end of the objects below it, or of a web server's file, of which the batch reads a copy; undefined = it reads a file. */
  readonly input: string | undefined;
  /** Size of the copy; 0 = there is none. */
  readonly copiedBytes: number;
  /** URLs of what it writes; undefined = it writes files. */
  readonly output: string | undefined;
  readonly errors: string | undefined;
}

/** All times are milliseconds since the Unix epoch. */
export interface BatchRecord {
  readonly id: string;
  /** {@link Principal.ownerId}. */
  readonly owner: string;
  /** Name of the principal. */
  readonly principal: string;
  /** JSON of the caller, by which it is recalled for each request. */
  readonly identity: string;
  readonly endpoint: string;
  readonly window: string;
  /** Id of a file, or URL of objects. */
  readonly inputFile: string;
  /** Name of the input's content; undefined = its objects were not copied yet, or the copy was removed at the end. */
  readonly inputContent: string | undefined;
  /** undefined = it has none. */
  readonly objects: BatchObjects | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** How long the files that it writes are kept. */
  readonly outputKeepMs: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly state: BatchState;
  readonly times: BatchTimes;
  readonly problems: readonly BatchProblem[];
  readonly checkpoint: BatchCheckpoint;
  /** Contents that it writes, while it is open. */
  readonly outputContent: string | undefined;
  readonly errorContent: string | undefined;
  /** Ids of the files, or URLs of the objects, that it has written; undefined = none. */
  readonly outputFile: string | undefined;
  readonly errorFile: string | undefined;
  /** It is removed then; undefined = it has not ended. */
  readonly removeAtMs: number | undefined;
}

export interface NumberedBatch extends BatchRecord {
  /** Grows with each batch. */
  readonly number: number;
}

/** Batches: requests of a file, answered into files. */
export interface BatchRecords {
  /** False = there is no input file of this id and content. */
  add(batch: BatchRecord): Promise<boolean>;
  get(id: string): Promise<NumberedBatch | undefined>;
  /** Of an owner (undefined = of all), newest first, from below a number on. */
  list(
    owner: string | undefined,
    page: { readonly before: number | undefined; readonly limit: number },
  ): Promise<readonly NumberedBatch[]>;
  /** All that have not ended, oldest first. */
  open(): Promise<readonly NumberedBatch[]>;
  /** Replaces a batch; `files`: what it has written, stored with it or not at all. */
  put(batch: BatchRecord, files?: readonly NewFile[]): Promise<void>;
  /** Removes batches whose time is over. True = there are others. */
  prune(nowMs: number): Promise<boolean>;
}
