import {
  type ErrorCode,
  MillraceError,
  type ModelRef,
  type Parameters,
  type Signature,
  type Tensor,
} from '../core/index.js';

/**
 * The runtime contract (design §6). A runtime turns files into something that executes batches. It knows no names,
 * callers, routes or protocols; it declares what it needs and nothing above asks which one it is.
 * The same interface is implemented by the real runtimes and by the proxy for one that lives in a runner process.
 */
export interface Runtime {
  readonly name: string;
  /** Rejects with a MillraceError (`invalid_argument` for a bad file, `unimplemented` for what it cannot do). */
  load(spec: LoadSpec): Promise<LoadedModel>;
}

/** Plain data: it crosses the pipe to a runner as JSON. */
export interface LoadSpec {
  readonly ref: ModelRef;
  readonly runtime: string;
  /** Absolute path of the model file or version folder. */
  readonly path: string;
  /** The runtime's own section of the model configuration (`onnx:`, `echo:` …). */
  readonly options: Readonly<Record<string, unknown>>;
  /** The signature that the configuration declares, in full or in part; runtimes without a file need all of it. */
  readonly declared: Signature | undefined;
  /** The declared most rows of a batch; undefined = not declared. */
  readonly maxBatchSize: number | undefined;
  /** Folder for derived files that may be deleted at any time; undefined = keep none. */
  readonly cacheFolder: string | undefined;
}

/** What the runtime found out about a model. */
export interface Description {
  /** As in the file: names, types, dimensions (-1 = variable); `batchAxis` 0 where the first dimension is variable. */
  readonly signature: Signature;
  /** Running an item twice changes nothing: a failed batch may be re-run item by item. */
  readonly pure: boolean;
  /** The numbers of a row do not depend on its batch-mates, as they do with dynamic quantisation. */
  readonly batchInvariant: boolean;
  /** May give any number of answers for one item. */
  readonly decoupled: boolean;
  /** Keeps state between the items of a sequence. */
  readonly stateful: boolean;
  /** BYTES are held as UTF-8 text, so other byte strings must be refused before they get here. */
  readonly textOnly: boolean;
  /** Triton's platform string, e.g. `onnxruntime_onnx`. */
  readonly platform: string;
}

export interface BatchItem {
  readonly callId: number;
  /**
   * In the signature's order; optional inputs may be missing (the same ones in every item of a batch). A tensor without
   * batch axis in a model that batches is the same in all items; the first one's counts. The data may be overwritten
   * once `execute` has settled: a runtime that keeps some copies it.
   */
  readonly inputs: readonly Tensor[];
  /** Rows of this item along the batch axis; 1 for models that do not batch. */
  readonly rows: number;
  readonly parameters: Parameters;
  readonly sequence?: { readonly slot: number; readonly start: boolean; readonly end: boolean };
}

/**
 * Items that run together. All have the same input names, datatypes and dimensions other than the batch axis.
 * `outputs` are the output names that anybody in the batch wants; undefined = all.
 */
export interface Batch {
  readonly id: number;
  readonly items: readonly BatchItem[];
  readonly rows: number;
  readonly outputs: readonly string[] | undefined;
}

/** An answer, or the failure, of one item. `final` ends the item; exactly one final emission per item. */
export interface Emission {
  readonly callId: number;
  readonly outputs: readonly Tensor[];
  readonly parameters?: Parameters;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly final: boolean;
}

export type Emit = (emissions: readonly Emission[]) => void;

/** Where a batch's time went inside the runtime, in milliseconds. */
export interface BatchTiming {
  readonly computeInputMs: number;
  readonly computeInferMs: number;
  readonly computeOutputMs: number;
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
  /** Gives everything back. No execute may be running. */
  close(): Promise<void>;
}

/** Where an instance runs. `runner` names a process shared by several models; undefined = one of its own. */
export type Placement =
  | { readonly kind: 'inline' }
  | { readonly kind: 'process'; readonly runner: string | undefined; readonly maxRssBytes: number };

/** A loaded model somewhere, seen from the engine. */
export interface Instance extends LoadedModel {
  /** Unique in a server, e.g. `mlp/3#0`; the label of metrics and logs. */
  readonly id: string;
  /** Process that runs it; the server's own for inline ones. */
  readonly pid: number;
  readonly loadMs: number;
  /** Settles with the reason when the runner is gone (crash, kill, end); never for inline instances. */
  readonly exited: Promise<string>;
  /** Ends the runner now, whatever it does; no effect inline. Outstanding executes reject as `unavailable`. */
  kill(reason: string): void;
}

/** Starts instances and looks after their runner processes. */
export interface Host {
  /**
   * Loads one instance; rejects with the runtime's error, or `unavailable` when the runner dies or
   * `timeoutMs` passes before the model is loaded.
   */
  load(spec: LoadSpec, placement: Placement, options: HostLoadOptions): Promise<Instance>;
  /** Ends all runners; pending work rejects as `unavailable`. */
  close(): Promise<void>;
}

/**
 * The runner of an instance is gone, and with it a batch. `started` says whether the batch had begun to run: of several
 * outstanding ones only the oldest has, the others may simply be sent to another instance.
 */
export class RunnerDiedError extends MillraceError {
  readonly started: boolean;

  constructor(message: string, started: boolean) {
    // To callers a Retry-After means that nothing was done yet.
    super('unavailable', message, started ? {} : { retryAfterMs: 1_000 });
    this.name = 'RunnerDiedError';
    this.started = started;
  }
}

export interface HostLoadOptions {
  readonly instanceId: string;
  readonly timeoutMs: number;
}
