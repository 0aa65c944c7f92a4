/**
 * Room `async` (rank 1): scheduling of work inside a process. Serial queues, deferred writes, repeated work, the taking over of stored work; worker threads for work that would block
 * the event loop, as groups of requests or as jobs with a time limit.
 */

export { answerGroups, type GroupAnswerer } from './answer-groups.js';
export { answerJobs } from './answer-jobs.js';
export { GroupedThread, type GroupedThreadOptions } from './grouped-thread.js';
export { LaterWrites, type LaterWritesSetup } from './later-writes.js';
export { LimitedThread, type LimitedThreadOptions, type ThreadProblem } from './limited-thread.js';
export { LimitedThreads } from './limited-threads.js';
export type { GroupMessage, Reply } from './messages.js';
export { RepeatedWork } from './repeated-work.js';
export { SerialQueue, sharingNext } from './serial-queue.js';
export { startThread } from './start-thread.js';
export { TakeOver } from './take-over.js';
