/** Room `statistics` (rank 0): how sure what was counted is, and chance that can be repeated. Pure. */
export * from './intervals.js';
export * from './random.js';
