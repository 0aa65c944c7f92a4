/** Room `inference` (rank 6): one inference from its model to its answer. */
export type { ArmChoice, ArmFailure } from './arm-choice.js';
export { createInference, type InferCopy, type InferenceSetup } from './infer.js';
export type { InferenceListener, InferenceObserver, ObservedInference } from './observer.js';
export { createAuditObserver, guardObserver } from './observer.js';
export { OwnerLru } from './owner-lru.js';
export type { Routes } from './resolver.js';
export { rowsOf } from './rows-of.js';
export type { InferenceUseCases, InferResult, InferTarget, Resolved, ResolveOptions } from './types.js';
