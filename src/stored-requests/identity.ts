import { type Caller, idOfIdentity, type StoredIdentity } from '../governance/index.js';

/** Whether a caller's groups may have changed since its request was stored: they are known from its token or certificate only. */
export function isIdentityStale({ kind }: StoredIdentity, ageMs: number, maxAgeMs: number): boolean {
  return (kind === 'oidc' || kind === 'cert') && ageMs > maxAgeMs;
}

/** A stored caller, as quotas know it. `identity`: JSON of it. */
export function callerOf(identity: string): Caller {
  // It was written by `storedIdentityOf`.
  const stored = JSON.parse(identity) as StoredIdentity;
  return { id: idOfIdentity(stored), groups: stored.groups };
}
