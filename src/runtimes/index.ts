/** Room `runtimes` (rank 2): what executes models, and where. Vendor packages appear here and nowhere else. */

export * from './batch.js';
export { BUILT_IN_RUNTIMES, MEDIA_RUNTIME } from './built-in.js';
export * from './by-load.js';
export type * from './contract.js';
export { cpuQuota } from './cpu-quota.js';
export type * from './description.js';
export { BodyArena, createHost, type HostDependencies } from './host/index.js';
export { readProcessStates } from './host/process-states.js';
export { mostSharedMemoryBytes } from './host/shared-memory-bytes.js';
export { importOptional } from './import-optional.js';
export * from './instance.js';
export * from './manifest.js';
export type * from './model-calls.js';
export * from './options.js';
export * from './preparer.js';
export { readPrepared, readPreparedAnswer } from './preparer-model.js';
export * from './runner-died.js';
export type * from './sequence-spec.js';
export type * from './triton-mapping.js';
