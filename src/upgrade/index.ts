/** Room `upgrade` (rank 2): a running server is replaced by a new process, which takes over its sockets. */
export { type MemoryFacts, memoryRefusal } from './memory-fit.js';
export { joinPredecessor, type Predecessor } from './predecessor.js';
export { startSuccessor } from './successor.js';
export { type Upgraded, Upgrader } from './upgrader.js';
