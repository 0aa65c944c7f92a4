import { type Caller, idOfIdentity, type StoredIdentity } from '../governance/index.js';

/** Milliseconds; times since the Unix epoch. */
interface Age {
  readonly createdAtMs: number;
  readonly nowMs: number;
  /** `jobs.identityMaxAgeMs`. */
  readonly maxAgeMs: number;
}

/**
 * By when a request had to run, where that is over, to be said behind `did not run`; undefined = it may run. The groups of a caller with a token or a
 * certificate are known from that only.
 */
export function missedLimit(
  { kind, endsAtMs = Number.POSITIVE_INFINITY }: StoredIdentity,
  { createdAtMs, nowMs, maxAgeMs }: Age,
): string | undefined {
  if (kind !== 'oidc' && kind !== 'cert') return undefined;
  if (nowMs - createdAtMs > maxAgeMs) return 'within jobs.identityMaxAgeMs: its groups may have changed';
  if (nowMs < endsAtMs) return undefined;
  const what = kind === 'oidc' ? 'token' : 'certificate';
  return `before its ${what} ended, at ${new Date(endsAtMs).toISOString()}`;
}

/** A stored caller, as quotas know it. `identity`: JSON of it. */
export function callerOf(identity: string): Caller {
  // It was written by `storedIdentityOf`.
  const stored = JSON.parse(identity) as StoredIdentity;
  return { id: idOfIdentity(stored), groups: stored.groups };
}
