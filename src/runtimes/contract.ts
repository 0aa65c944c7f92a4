import type { ModelRef, Signature } from '../core/index.js';
import type { Batch, BatchTiming, Emit } from './batch.js';
import type { Description } from './description.js';
import type { Preparer } from './preparer.js';
import type { SequenceSpec } from './sequence-spec.js';

/**
 * The runtime contract. A runtime turns files into something that executes batches. It knows no names,
 * callers, routes or protocols; it declares what it needs and nothing above asks which one it is.
 * The same interface is implemented by the real runtimes and by the proxy for one that lives in a runner process.
 */
export interface Runtime {
  readonly name: string;
  /** Rejects with a MillraceError (`invalid_argument` for a bad file, `unimplemented` for what it cannot do). */
  load(spec: LoadSpec): Promise<LoadedModel>;
  /** Loads the preparer of a model, for runtimes whose manifest has `prepares`. Rejects as `load` does. */
  loadPreparer?(spec: LoadSpec): Promise<Preparer>;
}

/** Plain data: it crosses the pipe to a runner as JSON. */
export interface LoadSpec {
  readonly ref: ModelRef;
  /** Load the preparer of the model. Default: the model. */
  readonly isPreparer?: boolean;
  readonly runtime: string;
  /** Absolute path of the model file or version folder. */
  readonly path: string;
  /** Of all files of the version together. */
  readonly sizeBytes: number;
  /** The runtime's own section of the model configuration (`onnx:`, `echo:` …). */
  readonly options: Readonly<Record<string, unknown>>;
  /** The signature that the configuration declares, in full or in part; runtimes without a file need all of it. */
  readonly declared: Signature | undefined;
  /** The declared most rows of a batch; undefined = not declared. */
  readonly maxBatchSize: number | undefined;
  /** Folder for derived files that may be deleted at any time; undefined = keep none. */
  readonly cacheFolder: string | undefined;
  /** Folder with the runtime's native libraries, by the server's settings; undefined = those of its package. */
  readonly libraryFolder?: string;
  /** The configuration's free `parameters`, for scripts. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Controls and state that the model takes as tensors; undefined = it knows nothing of sequences, or all by itself. */
  readonly sequence?: SequenceSpec;
}

export interface LoadedModel {
  readonly description: Description;
  /**
   * Runs a batch. Resolves after every item had its final emission. Rejects when the batch failed as a whole (a native
   * run does): then no item of it has had a final emission, and the caller decides about running them one by one.
   */
  execute(batch: Batch, emit: Emit): Promise<BatchTiming>;
  /** The caller lost interest in the item; a runtime that can stops working on it, others ignore this. */
  cancel(callId: number): void;
  /**
   * The statistics that the description names, as they are now; cheap, and safe to call at any time. In a runner they are
   * read when a batch ends, and twice a second while batches run.
   */
  statistics?(): Readonly<Record<string, number>>;
  /** Gives everything back. No execute may be running. */
  close(): Promise<void>;
}
