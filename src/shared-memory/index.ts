/** Room `shared-memory` (rank 2): POSIX shared memory that clients on the same host have registered. */
export type { RangeData, RangeUse, RegionOwner, SharedMemoryLease, SharedMemoryRegion } from './lease.js';
export { type SharedMemoryOptions, SharedMemoryOptionsSchema } from './options.js';
export { type RegionCaller, SharedMemory } from './shared-memory.js';
