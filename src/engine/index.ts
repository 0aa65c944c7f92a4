/** Room `engine` (rank 4): loaded models and the scheduling of their requests. Knows no users, routes or wire formats. */

export { ModelDownError } from './admission.js';
export type { BatchingCause, BatchingChoice } from './batching/choice.js';
export { hasLargeBytes, walkLargeBytes } from './bytes-walk.js';
export { chooseSlot } from './choose-slot.js';
export { createEngine } from './engine.js';
export { VersionGoneError } from './load-failures.js';
export { askVersion, createAnswerSink } from './one-answer.js';
export * from './options.js';
export { type BatchLimits, type Candidate, planBatch } from './plan-batch.js';
export { parseResources } from './resource-limiter.js';
export type { CacheUsage } from './response-cache.js';
export { RunningMedian } from './running-median.js';
export { readSampleInputs, sampleShapes } from './sample-inputs.js';
export type { CreateEngineOptions } from './setup.js';
export * from './types.js';
export { UnreadAnswers } from './unread-answers.js';
