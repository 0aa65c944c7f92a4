/** Room `statistics` (rank 0): how sure what was counted is. Pure. */
export * from './intervals.js';
