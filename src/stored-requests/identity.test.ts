import { expect, it } from 'vitest';
import type { StoredIdentity } from '../governance/index.js';
import { missedLimit } from './identity.js';

const OLD = 'within jobs.identityMaxAgeMs: its groups may have changed';
const ENDED = 'before its token ended, at 1970-01-01T00:00:05.000Z';

it.each<[StoredIdentity['kind'], number | undefined, number, string | undefined]>([
  ['oidc', undefined, 11_000, undefined],
  ['oidc', undefined, 11_001, OLD],
  ['oidc', 5_000, 4_999, undefined],
  ['oidc', 5_000, 5_000, ENDED],
  ['oidc', 5_000, 11_001, OLD],
  ['oidc', 20_000, 11_001, OLD],
  ['cert', 5_000, 5_000, 'before its certificate ended, at 1970-01-01T00:00:05.000Z'],
  ['cert', undefined, 11_001, OLD],
  // What a token said of its caller when the clock was ahead.
  ['oidc', 5_000, -60_000, undefined],
  ['key', undefined, 1_000_000, undefined],
  ['app', undefined, 1_000_000, undefined],
  ['anonymous', undefined, 1_000_000, undefined],
])('a request of the kind %s whose credential ends at %s has at %s missed: %s', (kind, endsAtMs, nowMs, expected) => {
  const identity = { kind, name: 'ada', ownerId: 'ada', groups: [], ...(endsAtMs !== undefined && { endsAtMs }) };
  expect(missedLimit(identity, { createdAtMs: 1_000, nowMs, maxAgeMs: 10_000 })).toBe(expected);
});
