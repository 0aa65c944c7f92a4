/** Room `governance` (rank 4): who is this, and may they. */
export * from './admit.js';
export * from './authenticate.js';
export { TooManyFailedKeys } from './failed-keys.js';
export * from './options.js';
