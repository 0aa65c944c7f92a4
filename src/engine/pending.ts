import type { Call, InferRequest, Timer } from '../core/index.js';
import type { Instance } from '../runtimes/index.js';
import type { CheckedRequest } from './check-request.js';
import type { Candidate } from './plan-batch.js';
import type { Sink } from './types.js';

/** Where an accepted request is. `gone`: in no queue and no batch any more. */
export type PendingPlace = 'queued' | 'executing' | 'gone';

/** One accepted request, from admission until no batch computes for it any more. */
export interface Pending extends Candidate {
  readonly callId: number;
  readonly request: InferRequest;
  readonly checked: CheckedRequest;
  readonly call: Call;
  readonly sink: Sink;
  /** Priority level, 1 = highest. */
  readonly level: number;
  place: PendingPlace;
  /** The caller has its end: an answer, an error or its own cancellation. */
  ended: boolean;
  /** It runs by itself: it was in a batch that failed as a whole or lost its runner. */
  alone: boolean;
  /** Runners that died while executing it. */
  kills: number;
  /** Answers already passed on; a request that has some is never run again. */
  responses: number;
  /** Its time in the queue is over and the policy put it behind the others of its level. */
  delayed: boolean;
  expiry: Timer | undefined;
  /** The instance that its batch was sent to last. */
  runner: Instance | undefined;
  /** Answers for which its reader has room; counted for decoupled models only. */
  credit: number;
  /** Clock time of its last answer, grant, or call of another model; 0 = none. */
  lastSignAt: number;
  /** Calls of other models on its behalf that have not ended; undefined = there never was one. */
  openCalls: Set<Call> | undefined;
  /** Its neighbours in the queue; the queue's own. */
  before: Pending | undefined;
  behind: Pending | undefined;
}
