/** Room `stored-requests` (rank 5): what jobs and batches have in common: requests that run later for their callers, and when one is tried again. */

export { FairTurns, type TurnTaker } from './fair-turns.js';
export { callerOf, isIdentityStale, type StoredWorkCaller } from './identity.js';
export { type AttemptFailure, type RetryPolicy, retryOf, retryWaitMs } from './retries.js';
export type { AnswerRequest, RanRequest, StoredRequestAnswer } from './types.js';
