/** Room `runtimes` (rank 2): what executes models, and where. Vendor packages appear here and nowhere else. */
export * from './contract.js';
export { createHost, type HostDependencies } from './host/index.js';
export * from './options.js';
