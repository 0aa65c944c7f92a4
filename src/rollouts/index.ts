/** Room `rollouts` (rank 4): how a model goes over to another version, step by step. Pure: no sockets, timers, store or model handles. */
export * from './commands.js';
export * from './decision.js';
export * from './describe.js';
export * from './feasibility/index.js';
export * from './judge/index.js';
export * from './keys/index.js';
export * from './next.js';
export * from './plan.js';
export { begin } from './progress.js';
export * from './state.js';
