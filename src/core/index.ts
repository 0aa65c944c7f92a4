/** Room `core` (rank 0): the words that all rooms share. No I/O, no vendor, no protocol. */
export * from './byte-budget.js';
export * from './call.js';
export * from './clock.js';
export * from './datatype.js';
export * from './deadline.js';
export * from './errors.js';
export * from './events.js';
export * from './half.js';
export * from './model.js';
export * from './readonly.js';
export * from './request.js';
export * from './signature.js';
export * from './tensor.js';
export * from './trace.js';
export * from './within.js';
