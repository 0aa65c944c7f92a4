/** Room `memory` (rank 1): the memory that models need, measured or estimated. Pure. */
export * from './need.js';
export * from './need-book.js';
