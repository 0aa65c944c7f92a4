export * from './options.js';
export * from './types.js';
