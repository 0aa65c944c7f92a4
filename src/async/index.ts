/**
 * Room `async` (rank 1): the order and the place of work. Queues and writes of a process; threads that do for a room what holds up an event loop: groups of
 * requests, or jobs with a limit each.
 */

export { answerGroups, type GroupAnswerer } from './answer-groups.js';
export { answerJobs } from './answer-jobs.js';
export { GroupedThread, type GroupedThreadOptions } from './grouped-thread.js';
export { LaterWrites, type LaterWritesSetup } from './later-writes.js';
export { LimitedThread, type LimitedThreadOptions, type ThreadProblem } from './limited-thread.js';
export { LimitedThreads } from './limited-threads.js';
export type { GroupMessage, Reply } from './messages.js';
export { SerialQueue } from './serial-queue.js';
export { sharingNext } from './sharing-next.js';
export { startThread } from './start-thread.js';
