export * from './contract.js';
export * from './options.js';
