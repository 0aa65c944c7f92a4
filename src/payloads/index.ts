/** Room `payloads` (rank 4): recorded requests: which ones, what of them, and how they are written. Pure. */
export { type PayloadLogOptions, PayloadLogOptionsSchema, type PayloadRule } from './options.js';
export * from './record.js';
export { createRedaction } from './redact.js';
export * from './rules.js';
