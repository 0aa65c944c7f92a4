/** Room `governance` (rank 4): who is this, and may they. */
export { admit } from './access/admit.js';
export { ANONYMOUS, LOCAL_OPERATOR } from './access/anonymous.js';
export { AccessPolicy, grantsOfScopes, type Identity } from './access/policy.js';
export type { Grant } from './access/rights.js';
export { type BuiltInRole, SCOPES, type Scope } from './access/roles.js';
export * from './identity/authenticate.js';
export { type ClientCertificate, readCertificate } from './identity/certificates/client-certificate.js';
export { TooManyFailedKeys } from './identity/failed-keys.js';
export { checkIssuers } from './identity/jwt/issuer-url.js';
export { openIssuers } from './identity/jwt/open-issuers.js';
export { InvalidToken } from './identity/jwt/refusal.js';
export { KeyChanges, type KeyRequest, newKey } from './identity/key-changes.js';
export { keyNameProblem } from './identity/key-name.js';
export type { Peer } from './identity/peer.js';
export { type OnEnded, StoredKeys } from './identity/stored-keys.js';
export type { TokenSource } from './identity/token-source.js';
export * from './options.js';
export * from './quotas/index.js';
