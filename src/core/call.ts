import type { MillraceError } from './errors.js';
import type { FinishReason, Usage } from './request.js';

/** Who is calling. Anonymous until authentication says otherwise. */
export interface Principal {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** What a principal may do: run inferences, change what is loaded, read metadata, statistics and metrics. */
export const SCOPES = ['infer', 'manage', 'observe'] as const;
export type Scope = (typeof SCOPES)[number];

/** W3C trace context: 32 and 16 lower-case hex digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly state: string | undefined;
}

/** Why a batch was sent off. */
export type BatchReason = 'full' | 'preferred' | 'delay' | 'idle' | 'single' | 'retry';

/**
 * Where the time of one call went, and the tokens that it took, filled in on the way; all `…At` are {@link Clock.now} milliseconds and 0 until known.
 * Response headers, metrics, log lines and events all read this one value.
 */
export interface Timing {
  receivedAt: number;
  decodedAt: number;
  enqueuedAt: number;
  /** Taken out of the queue into a batch. */
  dequeuedAt: number;
  /** Handed to the instance; later than `dequeuedAt` when the batch was prefetched. */
  startedAt: number;
  finishedAt: number;
  computeInputMs: number;
  computeInferMs: number;
  computeOutputMs: number;
  batchRows: number;
  batchReason: BatchReason | undefined;
  /** Whether the response cache had the answer; undefined where it was not asked. */
  cache: 'hit' | 'miss' | undefined;
  /** Spent on looking into the response cache and putting the answer there. */
  cacheMs: number;
  encodeMs: number;
  /** First answer of a stream; 0 for models of one answer. */
  firstResponseAt: number;
  /** Tokens that a model says the call has taken; undefined where it does not. */
  usage: Usage | undefined;
  /** Why its model has stopped generating; undefined where it has not, or does not generate. */
  finishReason: FinishReason | undefined;
}

export function createTiming(receivedAt: number): Timing {
  return {
    receivedAt,
    decodedAt: 0,
    enqueuedAt: 0,
    dequeuedAt: 0,
    startedAt: 0,
    finishedAt: 0,
    computeInputMs: 0,
    computeInferMs: 0,
    computeOutputMs: 0,
    batchRows: 0,
    batchReason: undefined,
    cache: undefined,
    cacheMs: 0,
    encodeMs: 0,
    firstResponseAt: 0,
    usage: undefined,
    finishReason: undefined,
  };
}

export interface CallOptions {
  readonly requestId: string;
  readonly principal: Principal;
  readonly trace: TraceContext | undefined;
  /** {@link Clock.now} milliseconds at which the caller gives up; Infinity = never. */
  readonly deadlineAt: number;
  readonly receivedAt: number;
  /** Models on whose behalf this call is made, outermost first; none for calls from outside. */
  readonly callers?: readonly string[];
}

const NO_CALLERS: readonly string[] = Object.freeze([]);

/**
 * One call from the outside, from its first byte to its settlement. Cancellation is a plain callback list because an
 * AbortSignal costs as much as the rest of a small request; {@link Call.signal} makes one for those who need it.
 */
export class Call {
  readonly requestId: string;
  readonly principal: Principal;
  readonly trace: TraceContext | undefined;
  readonly deadlineAt: number;
  readonly timing: Timing;
  readonly callers: readonly string[];
  #cancelled: MillraceError | undefined;
  #onCancel: ((reason: MillraceError) => void) | undefined;
  #controller: AbortController | undefined;

  constructor(options: CallOptions) {
    this.requestId = options.requestId;
    this.principal = options.principal;
    this.trace = options.trace;
    this.deadlineAt = options.deadlineAt;
    this.timing = createTiming(options.receivedAt);
    this.callers = options.callers ?? NO_CALLERS;
  }

  /** Why the call was cancelled, or undefined while somebody still waits for it. */
  get cancelled(): MillraceError | undefined {
    return this.#cancelled;
  }

  /** Gives up on the call: the client left, the deadline passed or the server ends. Only the first reason counts. */
  cancel(reason: MillraceError): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = reason;
    const listener = this.#onCancel;
    this.#onCancel = undefined;
    listener?.(reason);
    this.#controller?.abort(reason);
  }

  /** Registers the one party that holds the call now; a later registration takes over, `undefined` releases it. */
  onCancel(listener: ((reason: MillraceError) => void) | undefined): void {
    if (this.#cancelled !== undefined && listener !== undefined) {
      listener(this.#cancelled);
      return;
    }
    this.#onCancel = listener;
  }

  /** The cancellation as an AbortSignal; made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }
}
