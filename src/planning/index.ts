/** Room `planning` (rank 5): how many instances, cores and bytes a rate of requests takes, by simulation from measured times. Pure. */
export * from './capacity.js';
export * from './limits.js';
export * from './predict.js';
export * from './run-times.js';
export * from './server-model.js';
export * from './slo.js';
