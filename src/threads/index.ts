/** Room `threads` (rank 1): threads that do for a room what holds up an event loop: groups of requests, or jobs with a limit each. */

export { answerGroups, type GroupAnswerer } from './answer-groups.js';
export { answerJobs } from './answer-jobs.js';
export { GroupedThread, type GroupedThreadOptions } from './grouped-thread.js';
export { LimitedThread, type LimitedThreadOptions, type ThreadProblem } from './limited-thread.js';
export { LimitedThreads } from './limited-threads.js';
export type { GroupMessage, Reply } from './messages.js';
export { startThread } from './start-thread.js';
