import { idOfIdentity, type StoredIdentity } from '../governance/index.js';

/** Whether a caller's groups may have changed since its request was stored: they are known from its token or certificate only. */
export function isIdentityStale({ kind }: StoredIdentity, ageMs: number, maxAgeMs: number): boolean {
  return (kind === 'oidc' || kind === 'cert') && ageMs > maxAgeMs;
}

/** The caller of stored work, as quotas know it. `identity`: JSON of the work's caller. */
export function callerOf(identity: string): StoredWorkCaller {
  // It was written by `storedIdentityOf`.
  const stored = JSON.parse(identity) as StoredIdentity;
  return { id: idOfIdentity(stored), groups: stored.groups };
}

export interface StoredWorkCaller {
  readonly id: string;
  readonly groups: readonly string[];
}
