/** Room `inference` (rank 6): one inference from its model to its answer. */
export type { ArmChoice, ArmFailure } from './arm-choice.js';
export { createInfer } from './infer.js';
export { OwnerLru } from './owner-lru.js';
export { type RouteTap, RouteTaps, type TapListener } from './route-taps.js';
export { rowsOf } from './rows-of.js';
export { createRun } from './run.js';
export { createSharedMemoryUseCases } from './shared-memory-use-cases.js';
export type { InferenceUseCases, InferResult, InferTarget, Resolved, ResolveOptions } from './types.js';
