import type { MillraceError } from './errors.js';
import type { FinishReason, Usage } from './generation.js';
import type { ModelRef } from './model.js';

/** Why a batch was sent off. */
export type BatchReason = 'full' | 'preferred' | 'delay' | 'idle' | 'single' | 'retry' | 'trial';

/** Where the time of one attempt went: of a request at one version. All `…At` are {@link Clock.now} milliseconds and 0 until known. */
export interface AttemptTiming {
  /** Accepted: from here on it waits for the model's preparer, where there is one, and for an instance. */
  enqueuedAt: number;
  /** In the preparer, of the time from then on; 0 for models without one. */
  prepareMs: number;
  /** Taken out of the queue into a batch. */
  dequeuedAt: number;
  /** Handed to the instance; later than `dequeuedAt` when the batch was prefetched. */
  startedAt: number;
  finishedAt: number;
  computeInputMs: number;
  computeInferMs: number;
  computeOutputMs: number;
  /** Of the computation, waited for other models that this one has called. */
  calledMs: number;
  batchRows: number;
  batchReason: BatchReason | undefined;
  /** Number of its batch among those of its generation; 0 until it is in one. */
  batchId: number;
  /** The instance that got the batch: `mlp/1#0`; '' until then. */
  instance: string;
}

/** A request at one version that has ended. */
export interface Attempt {
  readonly answeredBy: ModelRef | undefined;
  readonly route: string;
  readonly arm: string;
  readonly timing: Readonly<AttemptTiming>;
  /** Why it ended; undefined where it has answered. */
  readonly error: MillraceError | undefined;
}

/** Stamps of the edge, the server and its protocols, which read requests and write answers: all that they add to a {@link Timing}. */
export interface EdgeTiming {
  receivedAt: number;
  /** The caller is known. */
  authenticatedAt: number;
  decodedAt: number;
  encodeMs: number;
  /** Members of the request that have no effect on the answer; a header of the answer names them. */
  ignored: readonly string[];
}

/**
 * Where the time of one call went, and the tokens that it took, filled in on the way; all `…At` are {@link Clock.now} milliseconds and 0 until known.
 * Response headers, metrics, log lines and events all read this one value. What is said of an attempt is said of the last one.
 */
export interface Timing extends AttemptTiming, EdgeTiming {
  /** The version that answers, or was to; undefined until one is chosen. */
  answeredBy: ModelRef | undefined;
  /** The route that has chosen it, and which of its arms; '' where the caller names the model. */
  route: string;
  arm: string;
  /** Attempts before the last one, the first {@link MAX_ATTEMPTS} of them: other arms, versions that have gone, runners that died. */
  earlierAttempts: readonly Attempt[];
  /** A version has been chosen. */
  resolvedAt: number;
  /** Waited to be admitted: for quotas, or for an observer of the program. */
  admissionMs: number;
  /** Photos and sounds were decoded. */
  mediaMs: number;
  /** Whether the response cache had the answer; undefined where it was not asked. */
  cache: 'hit' | 'miss' | undefined;
  /** The answer may come from the request of another caller, so the caller must not see whether it does. */
  cacheIsShared: boolean;
  /** Spent on looking into the response cache and putting the answer there. */
  cacheMs: number;
  /** First answer of a stream; 0 for models of one answer. */
  firstResponseAt: number;
  /** Tokens that a model says the call has taken; undefined where it does not. */
  usage: Usage | undefined;
  /** Why its model has stopped generating; undefined where it has not, or does not generate. */
  finishReason: FinishReason | undefined;
}

/** Attempts of one call that are kept. */
const MAX_ATTEMPTS = 16;
const NO_ATTEMPTS: readonly Attempt[] = /* @__PURE__ */ Object.freeze([]);
const NONE: readonly string[] = Object.freeze([]);

export function createTiming(receivedAt: number): Timing {
  return {
    answeredBy: undefined,
    route: '',
    arm: '',
    earlierAttempts: NO_ATTEMPTS,
    ignored: NONE,
    receivedAt,
    authenticatedAt: 0,
    resolvedAt: 0,
    decodedAt: 0,
    admissionMs: 0,
    mediaMs: 0,
    enqueuedAt: 0,
    prepareMs: 0,
    dequeuedAt: 0,
    startedAt: 0,
    finishedAt: 0,
    computeInputMs: 0,
    computeInferMs: 0,
    computeOutputMs: 0,
    calledMs: 0,
    batchRows: 0,
    batchReason: undefined,
    batchId: 0,
    instance: '',
    cache: undefined,
    cacheIsShared: false,
    cacheMs: 0,
    encodeMs: 0,
    firstResponseAt: 0,
    usage: undefined,
    finishReason: undefined,
  };
}

/** The request goes on at another version: the attempt is kept, and its stamps are cleared for the next one. */
export function endAttempt(timing: Timing, error: MillraceError): void {
  keepAttempt(timing, error);
  Object.assign(timing, NOTHING_YET);
}

/** The request runs once more at its version: the run that failed is kept as an attempt. `ran`: stamps of that run. */
export function keepAttempt(timing: Timing, error: MillraceError, ran: Partial<AttemptTiming> = {}): void {
  if (timing.earlierAttempts.length >= MAX_ATTEMPTS) return;
  const { timing: stamps, ...attempt } = attemptOf(timing, error);
  timing.earlierAttempts = [...timing.earlierAttempts, { ...attempt, timing: { ...stamps, ...ran } }];
}

/** Every attempt of a call, in their order; `error`: by which the last one has ended. */
export function attemptsOf(timing: Timing, error: MillraceError | undefined): readonly Attempt[] {
  return [...timing.earlierAttempts, attemptOf(timing, error)];
}

// `createTiming` repeats them: V8 puts objects made by a spread into the old generation, and one is made for each request.
// Without the marks, the client for browsers would carry them.
const NOTHING_YET: AttemptTiming = /* @__PURE__ */ Object.freeze({
  enqueuedAt: 0,
  prepareMs: 0,
  dequeuedAt: 0,
  startedAt: 0,
  finishedAt: 0,
  computeInputMs: 0,
  computeInferMs: 0,
  computeOutputMs: 0,
  calledMs: 0,
  batchRows: 0,
  batchReason: undefined,
  batchId: 0,
  instance: '',
});
const STAMPS = /* @__PURE__ */ Object.keys(NOTHING_YET) as readonly (keyof AttemptTiming)[];

function attemptOf(timing: Timing, error: MillraceError | undefined): Attempt {
  const { answeredBy, route, arm } = timing;
  return { answeredBy, route, arm, timing: stampsOf(timing), error };
}

function stampsOf(timing: AttemptTiming): AttemptTiming {
  return Object.fromEntries(STAMPS.map((stamp) => [stamp, timing[stamp]])) as unknown as AttemptTiming;
}

/** How long a call that an instance has begun has waited in queues: for its turn to be prepared, where it was, and to run. */
export function queueMs({ enqueuedAt, prepareMs, dequeuedAt }: AttemptTiming): number {
  return dequeuedAt - enqueuedAt - prepareMs;
}
