/** Room `server` (rank 7): sockets, TLS, limits, drain, and access. It does not read what is in a request. */
export * from './bind.js';
export { certificatesIn } from './client-certificates.js';
export type { ServerDependencies } from './dependencies.js';
export type { Address } from './endpoint.js';
export type { Fetch, FetchOptions, StoredRequest } from './fetch/create-fetch.js';
export { responseOf, type StoredCaller } from './fetch/stored-exchange.js';
export { formatServerTiming } from './http/server-timing.js';
export { assignSockets, type InheritedListeners } from './inherited.js';
export { ranRequest } from './jobs/ran-request.js';
export type { Addresses, DialectAddresses } from './listeners.js';
export type { ServerLoad } from './load-report.js';
export * from './options.js';
export type { RenderMetrics } from './rest/metrics.js';
export * from './server.js';
export { TrustedProxies } from './trusted-proxies.js';
