import type { StoredIdentity } from '../governance/index.js';

/** Whether a caller's groups may have changed since its request was stored: they are known from its token or certificate only. */
export function isIdentityStale({ kind }: StoredIdentity, ageMs: number, maxAgeMs: number): boolean {
  return (kind === 'oidc' || kind === 'cert') && ageMs > maxAgeMs;
}
