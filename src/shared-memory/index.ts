/** Room `shared-memory` (rank 2): POSIX shared memory that clients on the same host have registered. */
export type { RangeData, RangeUse, SharedMemoryLease, SharedMemoryRegion } from './lease.js';
export { type SharedMemoryOptions, SharedMemoryOptionsSchema } from './options.js';
export { SharedMemory } from './shared-memory.js';
