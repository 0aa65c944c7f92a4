import type { VersionPolicy } from './model-config.js';

/** The versions that a policy serves out of those there are, ascending. */
export function selectVersions(policy: VersionPolicy, available: readonly number[]): readonly number[] {
  const ascending = available.toSorted((a, b) => a - b);
  if (policy === 'all') return ascending;
  if ('latest' in policy) return ascending.slice(-policy.latest);
  return ascending.filter((version) => policy.specific.includes(version));
}

/** `the latest 2`, `version 1 or 3`: a policy in a sentence. */
export function describePolicy(policy: VersionPolicy): string {
  if (policy === 'all') return 'all versions';
  if ('latest' in policy) return policy.latest === 1 ? 'the latest version' : `the latest ${policy.latest} versions`;
  return `version ${policy.specific.join(' or ')}`;
}
