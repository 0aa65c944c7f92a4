/** Room `memory` (rank 1): the memory that models need, measured or estimated, and which of them make room. Pure. */
export * from './budget.js';
export * from './demand-book.js';
export * from './eviction.js';
export * from './need.js';
export * from './need-book.js';
export * from './options.js';
export * from './plan-load.js';
