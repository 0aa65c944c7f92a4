import type {
  Call,
  InferRequest,
  InferResponse,
  InferTarget,
  MillraceError,
  ModelRef,
  ModelState,
  ModelTasks,
  Signature,
} from '../core/index.js';
import type { MemoryNeed } from '../memory/index.js';
import type { ModelSource } from '../repository/index.js';
import type { MemoryLimit } from '../runtimes/index.js';
import type { BatchingChoice } from './batching/choice.js';
import type { CheckedRequest } from './check-request.js';
import type { CacheUsage } from './response-cache.js';
import type { UnreadAnswers } from './unread-answers.js';

/** Everything about a loaded version that other rooms may need to know. */
export interface ModelInfo {
  readonly ref: ModelRef;
  readonly source: ModelSource;
  /** Completed: configuration and file brought together. */
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly platform: string;
  readonly decoupled: boolean;
  /** Free of side effects: running a request twice does no harm. */
  readonly pure: boolean;
  /** What it can be asked for besides inference. Default: nothing. */
  readonly tasks?: ModelTasks;
  /** Its requests come in sequences. */
  readonly sequences: boolean;
  readonly placement: 'process' | 'inline';
  readonly instances: number;
  readonly loadMs: number;
  /** Of its instances and its preparer, measured once they were warmed up. Missing in the server itself, and where it could not be measured. */
  readonly memory?: MemoryNeed;
  /** Whether requests are batched now, and why; with `batching.enabled: auto` it may change. */
  readonly batching: BatchingChoice;
}

/** One version in the index, ready or not. */
export interface ModelStatus {
  readonly name: string;
  /** 0 for a model of which no version could be found. */
  readonly version: number;
  readonly state: ModelState;
  /** Present while it is loaded. */
  readonly info: ModelInfo | undefined;
}

/** Cumulative count and time; nanoseconds as Triton's statistics have them. */
export interface StatDuration {
  count: number;
  ns: number;
}

/** Triton's statistics of one version, since it was loaded. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: number;
  lastInferenceMs: number;
  inferenceCount: number;
  executionCount: number;
  readonly success: StatDuration;
  readonly fail: StatDuration;
  readonly queue: StatDuration;
  readonly computeInput: StatDuration;
  readonly computeInfer: StatDuration;
  readonly computeOutput: StatDuration;
  /** Answers from the response cache; they count in `success` and `queue`, not in `inferenceCount` and compute. */
  readonly cacheHit: StatDuration;
  readonly cacheMiss: StatDuration;
  readonly batches: ReadonlyMap<
    number,
    { computeInput: StatDuration; computeInfer: StatDuration; computeOutput: StatDuration }
  >;
}

/** A number that a runtime says of an instance; one that only grows where the name ends with `_total`. */
export interface InstanceStatistic {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** One of the instances of a version, or its preparer. */
export interface InstanceGauge {
  readonly id: string;
  readonly pid: number;
  readonly up: boolean;
  readonly restarts: number;
  /** Of its process, which other models may share. Absent while it is down, and for models that live in the server. */
  readonly memoryLimit?: MemoryLimit;
  /** What its runtime says of it; nothing while it is down. Absent where that never says anything. */
  readonly statistics?: readonly InstanceStatistic[];
}

/** What a gauge reads at the moment it is scraped. */
export interface ModelGauges {
  readonly ref: ModelRef;
  /** Those that are being prepared included. */
  readonly queuedRequests: number;
  readonly queuedBytes: number;
  readonly executingRequests: number;
  /** Sequences that have not ended, and those of them that wait for a place; 0 for models without. */
  readonly activeSequences: number;
  readonly waitingSequences: number;
  readonly instances: readonly InstanceGauge[];
  /** Absent where the model has none. */
  readonly preparer?: InstanceGauge;
}

/** The memory that the server and its runners may hold, in bytes. */
export interface MemoryUsage {
  readonly budgetBytes: number;
  /** Promised to loads under way, at their peak. */
  readonly reservedBytes: number;
}

/** Receives what comes of one submitted request: any number of answers, then exactly one end. Neither may throw. */
export interface Sink {
  onResponse(response: InferResponse): void;
  /** `error` undefined = success. Called once; nothing comes after it. */
  onEnd(error: MillraceError | undefined): void;
}

/** The reader took so many answers of a decoupled model and has room for as many more. */
export type GrantCredit = (answers: number) => void;

/** Of what has one answer at most: nobody waits for room. */
export const NO_CREDIT: GrantCredit = () => undefined;

/** One answer (the fast path), or a stream of them from a decoupled model. */
export type InferResult =
  | { readonly kind: 'one'; readonly response: InferResponse }
  | { readonly kind: 'many'; readonly responses: AsyncIterable<InferResponse> };

/** A model that is called by another one. */
export interface CalledModel extends InferTarget {
  /** The configuration of the other one names it, so that the caller needs no right on it. */
  readonly isStep: boolean;
}

/** Runs one inference from the choice of the version to the answer; rejects with MillraceError. */
export type Infer = (call: Call, target: CalledModel, request: InferRequest) => Promise<InferResult>;

/** A request on its way to the engine. */
export interface Submission {
  readonly request: InferRequest;
  readonly call: Call;
  readonly sink: Sink;
  /** Present where the request has been checked already. */
  readonly checked?: CheckedRequest;
  /** Present where it was in a batch that failed elsewhere, with the runners that died of that: it runs by itself. */
  readonly suspect?: Suspect;
  /** Something else runs it where no instance is up: it is ended by a ModelDownError then, and does not wait for one. */
  readonly movesOn?: boolean;
  /** A further row of a request that was admitted: it is not refused because the queue is full. Default: no. */
  readonly isAdmitted?: boolean;
}

/** A request that was in a batch when its runner died, as did so many before. */
export interface Suspect {
  readonly kills: number;
  /** They were preparers. Default: instances. */
  readonly wasPreparing?: boolean;
}

/**
 * Loaded models and their scheduling. Knows no users, routes or wire formats. The server's own models (see `isOwnModel`) are loaded and
 * run as any other, but not listed.
 */
export interface Engine {
  /**
   * Loads a version beside whatever serves it now, warms it up, swaps it in and drains the old generation in the
   * background. Rejects with the reason (state `failed`) while an old generation keeps serving.
   */
  load(source: ModelSource): Promise<ModelInfo>;
  /** Refuses new requests as `not_found` at once, lets accepted ones finish, closes. Resolves when memory is released. */
  unload(name: string, version: number, reason?: string): Promise<void>;
  /** Shows a model whose files are still coming as `loading`, under the version 0, until it is forgotten or has failed. */
  reportComing(name: string, reason: string): void;
  /** Puts a version that could not be found or read into the index as `failed`. */
  reportFailure(name: string, version: number, reason: string): void;
  /** Removes a failed or unloaded entry from the index. */
  forget(name: string, version: number): void;
  /** All known versions in order of name, then version. */
  statuses(): readonly ModelStatus[];
  /** Ready (or recovering) versions of a model, ascending; empty when there are none. */
  serving(name: string): readonly ModelInfo[];
  /** Statuses of one model, ascending by version. */
  statusesOf(name: string): readonly ModelStatus[];
  /**
   * Checks the request against the signature, admits it to the queue or refuses at once. Every outcome, errors
   * included, arrives at the sink; it never throws. Cancelling the call frees the caller at once.
   * A decoupled model sends STREAM_CREDIT answers and then as many as its reader has granted.
   */
  submit(ref: ModelRef, submission: Submission): GrantCredit;
  /** Checks a request against the signature without running it. Throws `invalid_argument`, and `not_found` where the version is not loaded. */
  check(ref: ModelRef, request: InferRequest): void;
  /** Memory for answers that wait for their readers, where a model does not wait for them. */
  readonly unread: UnreadAnswers;
  statistics(): readonly ModelStatistics[];
  gauges(): readonly ModelGauges[];
  /** The memory budget; undefined where the server has none. */
  memoryUsage(): MemoryUsage | undefined;
  /** What the response cache holds; undefined where the server has none. */
  cacheUsage(): CacheUsage | undefined;
  /** Refuses new work as `unavailable`, waits for accepted work at most `gracePeriodMs`, closes every instance. */
  close(gracePeriodMs: number): Promise<void>;
}
