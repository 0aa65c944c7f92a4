/** Room `stored-requests` (rank 5): what jobs and batches have in common: requests that run later for their callers, when one is tried again, and who may name which object. */

export { FairTurns, type TurnTaker } from './fair-turns.js';
export { callerOf, missedLimit } from './identity.js';
export { checkObjectRules, checkObjects, mayName, type NamedObjects, type ObjectRules } from './object-rules.js';
export { type AttemptFailure, isSuspect, type RetryPolicy, retryOf, retryWaitMs } from './retries.js';
export type { AnswerRequest, RanRequest, StoredRequestAnswer } from './types.js';
