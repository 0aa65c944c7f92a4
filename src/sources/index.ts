/** Room `sources` (rank 4): gets models from registries, the web and folders into a repository, pinned by digest. */

export { formatDigest } from './digest.js';
export { MAX_ARTEFACT_BYTES, MAX_CACHE_BYTES, STALL_MS } from './limits.js';
export type { Lock } from './lock.js';
export { DownloadCache } from './network/cache.js';
export { cacheFolder } from './network/cache-folder.js';
export { HttpClient } from './network/http-client.js';
export * from './pull.js';
export type { Surroundings } from './registries/registry.js';
export { modelNameOf, parseSource } from './source.js';
