export * from './model-config.js';
export * from './options.js';
export * from './types.js';
