/** Room `management` (rank 7): the server's own API, below `/millrace/v1/`: answers the endpoints of `api` by use cases. */
export { encodeAuditEntry } from './encode-audit-entry.js';
export { encodeExplanation } from './encode-explanation.js';
export { encodeShadow } from './encode-shadow.js';
export { MANAGEMENT } from './manifest.js';
