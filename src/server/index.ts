/** Room `server` (rank 7): sockets, TLS, limits, drain, and access. It does not read what is in a request. */
export * from './bind.js';
export type { ServerDependencies } from './dependencies.js';
export type { Address } from './endpoint.js';
export type { Addresses, DialectAddresses } from './listeners.js';
export type { RenderMetrics } from './metrics.js';
export * from './options.js';
export * from './server.js';
export { formatServerTiming } from './server-timing.js';
