/** Room `sources` (rank 4): gets models from registries, the Hugging Face Hub, the web and folders into a repository, pinned by digest. */

export { parseAllowed } from './allowed-sources.js';
export { formatDigest } from './digest.js';
export { MAX_ARTEFACT_BYTES, MAX_CACHE_BYTES, STALL_MS } from './limits.js';
export type { Lock } from './lock.js';
export { cacheFolder, DownloadCache } from './network/cache.js';
export { HttpClient } from './network/http-client.js';
export * from './options.js';
export * from './pull.js';
export { Puller, type PullWatch } from './puller.js';
export { systemSurroundings } from './registries/registry.js';
export { modelNameOf, parseSource } from './source.js';
