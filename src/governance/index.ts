/** Room `governance` (rank 4): who is this, and may they. */
export { admit } from './access/admit.js';
export { ANONYMOUS, anonymousOf, EMBEDDING_PROGRAM, LOCAL_OPERATOR } from './access/anonymous.js';
export type { PlacedBinding } from './access/binding.js';
export { checkAccess, expandActions, parseAction } from './access/check-access.js';
export { type Explanation, explainAccess } from './access/explain.js';
export { type AccessState, hasKeeper, type Strangers, speaksOf, wouldLockOut } from './access/lock-out.js';
export { type Access, AccessPolicy, grantsOfScopes, type Identity, identityOf, idOfIdentity } from './access/policy.js';
export type { Grant, Roles } from './access/rights.js';
export { BUILT_IN_ROLES, type BuiltInRole, ROLES_OF_SCOPE, SCOPES, type Scope } from './access/roles.js';
export { readWrittenPrincipal } from './access/written-principal.js';
export { type Audited, type ChangingSubject, createAudit, type Subject } from './audited.js';
export { keyNameProblem } from './identity/api-key.js';
export * from './identity/authenticate.js';
export { type ClientCertificate, readCertificate } from './identity/certificates/client-certificate.js';
export { TooManyFailedKeys } from './identity/failed-keys.js';
export { checkIssuers } from './identity/jwt/issuer-url.js';
export { openIssuers } from './identity/jwt/open-issuers.js';
export { InvalidToken } from './identity/jwt/refusal.js';
export { KeyChanges, type KeyRequest, newKey } from './identity/key-changes.js';
export {
  createRecall,
  type RecallPrincipal,
  type StoredIdentity,
  storedIdentityOf,
} from './identity/stored-identity.js';
export { type OnEnded, StoredKeys } from './identity/stored-keys.js';
export { strangersOf } from './identity/strangers.js';
export type { Peer, TokenSource } from './identity/token-source.js';
export { createVouching, type VouchedCaller, type VouchFor } from './identity/vouched-callers.js';
export * from './options.js';
export type { PrepareChange, PreparedChange } from './prepared-change.js';
export * from './quotas/index.js';
