/** Room `threads` (rank 1): a thread that does for a room what holds up an event loop, one group of requests after the other. */

export { answerGroups, type GroupAnswerer } from './answer-groups.js';
export { GroupedThread, type GroupedThreadOptions } from './grouped-thread.js';
export type { GroupMessage, Reply } from './messages.js';
export { startThread } from './start-thread.js';
