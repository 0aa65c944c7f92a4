import type {
  ErrorData,
  FinishReason,
  GenerationDelta,
  GenerationRequest,
  Message,
  ModelRef,
  ModelTasks,
  Parameters,
  SequenceControl,
  Signature,
  Tensor,
  TensorSpec,
  Usage,
} from '../core/index.js';
import type { ItemSequence, SequenceSpec } from './sequence-spec.js';

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

/**
 * Does the part of a request that needs no weights, such as rendering a template and tokenising, before the request is queued: in a process of
 * its own, so that nothing of it holds up the model, and the queue knows the cost of the request. Its failures end the request only.
 */
export interface Preparer {
  readonly description: Pick<Description, 'concurrency' | 'wantsContext' | 'statistics'> & {
    /** Inputs of the model, where requests are tensors. Default: none, as the model generates. */
    readonly inputs?: readonly TensorSpec[];
  };
  /**
   * One value for the request, or one for each of its rows: then each row is queued and run as a request of its own, and the answers are joined in
   * order along the first dimension. Or the answer itself, which needs no model. Rejects with the MillraceError that ends the request. No more than `concurrency` at a time.
   */
  prepare(item: BatchItem): Promise<PreparedRequest | readonly PreparedRequest[] | PreparedAnswer>;
  /** As {@link LoadedModel.statistics}. */
  statistics?(): Readonly<Record<string, number>>;
  /** Gives everything back. No request is being prepared. */
  close(): Promise<void>;
}

/** What a preparer makes of a request, or of a row of it. */
export interface PreparedRequest {
  /** What it costs in the queue and in a batch, in the model's `costUnit`: 0 or more. */
  readonly cost: number;
  /** For the model: it becomes {@link BatchItem.prepared}. */
  readonly value: Uint8Array;
}

/** The answer to a request about which its model need not be asked, such as for the tokens of a text. */
export interface PreparedAnswer {
  /** Elements of the output {@link PREPARED_ANSWER}, BYTES of one dimension. */
  readonly answer: readonly Uint8Array[];
}

/** Name of the output of requests that a preparer answers. */
export const PREPARED_ANSWER = 'answer';

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

/**
 * A number that a runtime says of one instance: metric `millrace_runtime_<name>`, a counter where it ends with `_total`. What part of its
 * cache is in use is told by `kv_cache_active_tokens` of `kv_cache_size_tokens`.
 */
export interface StatisticSpec {
  /** Lower-case letters, digits and `_`, up to 63; with the unit: `kv_cache_used_bytes`. */
  readonly name: string;
  /** One line, up to 200 characters. */
  readonly help: string;
}

/** How items of different cost share a batch: each is padded to the dearest one. */
export interface PaddingLimits {
  /** Most that the dearest item of a batch costs times its items. A single item may cost more. */
  readonly maxPaddedCost: number;
  /** Largest part of that which is padding, from 0 to 1. */
  readonly maxWaste: number;
  /** Of several instances, one runs no item that costs more than `maxPaddedCost`, so that shorter ones need not wait for it. Default: false. */
  readonly reservesInstance?: boolean;
}

/** Input bytes of a request, or tokens, which are estimated from its bytes. */
export type CostUnit = 'bytes' | 'tokens';

/** What the runtime found out about a model. */
export interface Description {
  /** As in the file: names, types, dimensions (-1 = variable); `batchAxis` 0 where the first dimension is variable. */
  readonly signature: Signature;
  /** Most rows of a batch, where the model itself says it; 0 = none is a batch dimension. */
  readonly maxBatchSize?: number;
  /** Running an item twice changes nothing: a failed batch may be re-run item by item. */
  readonly pure: boolean;
  /** The numbers of a row do not depend on its batch-mates, as they do with dynamic quantisation. */
  readonly batchInvariant: boolean;
  /** May give any number of answers for one item. */
  readonly decoupled: boolean;
  /**
   * What it can be asked for besides inference: at most one of the tasks of the runtime's manifest. One that generates is decoupled, and its signature is that
   * of `generationSignature`; of one that embeds, ranks or classifies it is that of `poolingSignature`. Default: nothing.
   */
  readonly tasks?: ModelTasks;
  /** Keeps state between the items of a sequence. */
  readonly stateful: boolean;
  /** Batches that may run at a time in one instance; 1 for those that block their thread. */
  readonly concurrency: number;
  /**
   * Waits for other things than its own computing (timers, credit, other models), so its runner must not block in a
   * read. Costs a few dozen µs a batch. True for everything decoupled.
   */
  readonly needsEventLoop: boolean;
  /** What the requests of a batch cost, for models whose batches have a limit of that. Default: bytes. */
  readonly costUnit?: CostUnit;
  /** Items are padded to the dearest one of their batch: those of similar costs run together. Default: items of one batch may have any cost. */
  readonly padding?: PaddingLimits;
  /**
   * What an instance keeps of one request makes those that are like it cheaper there (a cache of prefixes): they go to the
   * same instance while that has room. Default: false.
   */
  readonly affinity?: boolean;
  /** What it says of itself in {@link LoadedModel.statistics}; at most 32. Default: nothing. */
  readonly statistics?: readonly StatisticSpec[];
  /**
   * Reads its inputs and never writes to their memory, which may then be shared with the server: writing to that ends the process.
   * Saves a copy of large inputs. Default: false.
   */
  readonly readsInPlace?: boolean;
  /** Wants {@link BatchItem.context}. */
  readonly wantsContext: boolean;
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
  /** Of models that generate, in place of inputs and parameters. The server has validated it; members that the caller leaves out are absent. */
  readonly generation?: GenerationRequest;
  /** The value of the model's preparer. There are no inputs and parameters then, and the prompt of `generation` is empty. */
  readonly prepared?: Uint8Array;
  readonly sequence?: ItemSequence;
  /** Present where the description asks for it. */
  readonly context?: ItemContext;
}

/** What a script may know of the call behind an item. */
export interface ItemContext {
  readonly requestId: string;
  /** The caller's own id of the request; '' when there is none. */
  readonly clientId: string;
  /** The caller as an owner of state: what a runtime keeps of a call is for calls of the same owner. An id, not a name. */
  readonly ownerId: string;
  /** W3C `traceparent`; '' when the call is not traced. */
  readonly traceparent: string;
  /** Milliseconds that were left of the call's deadline when the batch was sent; Infinity = no deadline. */
  readonly remainingMs: number;
  /** What the caller says of a sequence; a model that keeps none itself may pass it on. Inline models only. */
  readonly sequence?: SequenceControl;
}

/**
 * Items that run together. All have the same input names, datatypes and dimensions other than the batch axis.
 * `outputs` are the output names that any request of the batch asks for; undefined = all.
 */
export interface Batch {
  readonly id: number;
  readonly items: readonly BatchItem[];
  readonly rows: number;
  readonly outputs: readonly string[] | undefined;
}

/**
 * An answer, or the failure, of one item. `final` ends the item; exactly one final emission per item. A decoupled model
 * may go on after a failure that is not final. Without outputs, delta and error, a final emission of a decoupled model is the
 * end only, and no answer.
 */
export interface Emission {
  readonly callId: number;
  readonly outputs: readonly Tensor[];
  readonly parameters?: Parameters;
  /** Of models that generate, in place of outputs and parameters. */
  readonly delta?: GenerationDelta;
  readonly error?: ErrorData;
  /** Tokens that the item has taken so far; the last one counts. On errors, too: what was cancelled has cost them. */
  readonly usage?: Usage;
  /** Why generating ended with this answer. An item that was cancelled, or failed, has an error instead. */
  readonly finishReason?: FinishReason;
  readonly final: boolean;
}

/**
 * Takes emissions. A decoupled model emits no more for an item before its reader has room; other items go on.
 * Synchronous, and one frame for all of them: a model that works in steps passes on a step at once.
 */
export type Emit = (emissions: readonly Emission[]) => Room;

/**
 * By emission, in the same order: undefined where the reader of its item has room for more, else a promise that resolves
 * when it has, or is gone. undefined in place of the list: all have room.
 */
export type Room = readonly (Promise<void> | undefined)[] | undefined;

/** Answers of one item that may be under way between a decoupled model and its reader. */
export const STREAM_CREDIT = 32;

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
  /**
   * The statistics that the description names, as they are now; cheap, and safe to call at any time. In a runner they are
   * read when a batch ends, and twice a second while batches run.
   */
  statistics?(): Readonly<Record<string, number>>;
  /** Gives everything back. No execute may be running. */
  close(): Promise<void>;
}

/** Where an instance runs. `runner` names a process shared by the models with the same `environment`; undefined = one of its own. */
export type Placement =
  | { readonly kind: 'inline' }
  | {
      readonly kind: 'process';
      readonly runner: string | undefined;
      /** The model's own limit; 0 = none. */
      readonly maxRssBytes: number;
      /** Names of the server's environment variables that the process gets besides the usual ones. Default: none. */
      readonly environment?: readonly string[];
    };

/** Resident memory above which a runner process is killed. */
export interface MemoryLimit {
  readonly bytes: number;
  /**
   * `limits.maxRssBytes` of its models, `runners.maxRssBytes`, the default for small models, what the models need by their files, or, if
   * that is more, the memory of the machine.
   */
  readonly source: keyof typeof MEMORY_LIMIT_REASONS;
  /** Bytes that its models need at most, as far as their files and options say. */
  readonly estimate: number;
}

/** Where a limit comes from, for messages. */
export const MEMORY_LIMIT_REASONS = {
  model: 'limits.maxRssBytes',
  server: 'runners.maxRssBytes',
  default: 'the default',
  files: 'by the size of its files',
  machine: 'the memory of the machine',
} as const;

/** A loaded model somewhere, seen from the engine. */
export interface Instance extends LoadedModel {
  /** Unique in a server, e.g. `mlp/3#0`; the label of metrics and logs. */
  readonly id: string;
  /** Process that runs it; the server's own for inline ones. */
  readonly pid: number;
  readonly loadMs: number;
  /** Settles with the reason when the runner is gone (crash, kill, end); never for inline instances. */
  readonly exited: Promise<string | Message>;
  /**
   * Clock time at which its process was last busy with loading a model, be it another one: now while it is, 0 = never.
   * Batches may have waited for that. Undefined where nothing waits so.
   */
  readonly lastLoadAt?: number;
  /** Of its process, which other models may share; undefined where it is the server's. */
  readonly memoryLimit?: MemoryLimit | undefined;
  /** Ends the runner now, whatever it does; no effect inline. Outstanding executes reject as `unavailable`. */
  kill(reason: string | Message): void;
  /** The reader of a decoupled item took so many answers: as many more may come ({@link STREAM_CREDIT} at first). */
  grant(callId: number, answers: number): void;
}

/** A model asks for another one while it works on an item. */
export interface ModelRequest {
  readonly modelName: string;
  /** undefined = the server's version policy chooses. */
  readonly modelVersion: number | undefined;
  readonly inputs: readonly Tensor[];
  /** Names of the requested outputs; undefined = all. */
  readonly outputs: readonly string[] | undefined;
  readonly parameters: Parameters;
  readonly sequence?: { readonly id: string | bigint; readonly start: boolean; readonly end: boolean };
}

export interface ModelAnswer {
  readonly outputs: readonly Tensor[];
  readonly parameters: Parameters;
}

/**
 * Runs another model of the server on behalf of the item `callId`, with its principal, deadline and trace. Rejects, or
 * throws from the iteration, with MillraceError: `invalid_argument` for a cycle, and whatever the other model gives.
 */
export type CallModel = (callId: number, request: ModelRequest) => AsyncIterable<ModelAnswer>;

/** What a runtime may know of another model of the server. */
export interface OtherModel {
  readonly signature: Signature;
  /** 0 = no batch dimension. */
  readonly maxBatchSize: number;
  readonly decoupled: boolean;
}

/** The version of a model that would answer now; undefined = the version policy chooses. Throws why none would. */
export type DescribeModel = (name: string, version: number | undefined) => OtherModel;

/** Starts instances and watches their runner processes. */
export interface Host {
  /**
   * Loads one instance; rejects with the runtime's error, or `unavailable` when the runner dies or
   * `timeoutMs` passes before the model is loaded.
   */
  load(spec: LoadSpec, placement: Placement, options: HostLoadOptions): Promise<Instance>;
  /** Ends all runners; pending work rejects as `unavailable`. */
  close(): Promise<void>;
}

export interface HostLoadOptions {
  readonly instanceId: string;
  readonly timeoutMs: number;
  readonly callModel: CallModel;
  /** Needed by models that are made of others; they live inline. */
  readonly describeModel?: DescribeModel;
}
