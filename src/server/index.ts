/** Room `server` (rank 6): sockets, TLS, limits, drain, and who may come in. It does not look into requests. */
export * from './bind.js';
export type { Address } from './endpoint.js';
export * from './options.js';
export * from './server.js';
export { formatServerTiming } from './server-timing.js';
