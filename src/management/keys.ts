import type { Encoded, Key, KeyEndpoints } from '../api/index.js';
import { KEY_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { KeyUseCases, ListedKey, MadeKey } from '../service/index.js';
import { timeOf } from '../text/index.js';
import { createEndpointRoutes, unstored } from './endpoint-route.js';
import { readPage } from './read-request.js';

/** Keys of callers. */
export function createKeyRoutes(keys: KeyUseCases): readonly Route[] {
  return createEndpointRoutes<KeyEndpoints>(KEY_ENDPOINTS, {
    async 'GET /keys'(call, { query }) {
      const { keys: found, next } = await keys.list(call, readPage(query));
      return { body: { keys: found.map(encodeKey), next } };
    },
    async 'POST /keys'(call, { body: { expires_in_ms: expiresInMs, grants = [], ...rest } }) {
      return answerMade(await keys.create(call, { ...rest, grants, expiresInMs }));
    },
    async 'GET /keys/{key}'(call, { params: { key } }) {
      return { body: encodeKey(await keys.get(call, key)) };
    },
    async 'POST /keys/{key}/rotate'(call, { params: { key }, body }) {
      const { overlap_ms: overlapMs, expires_in_ms: expiresInMs } = body;
      return answerMade(await keys.rotate(call, key, { overlapMs, expiresInMs }));
    },
    async 'POST /keys/{key}/revoke'(call, { params: { key } }) {
      return { body: encodeKey(await keys.revoke(call, key)) };
    },
  });
}

function answerMade({ key, ...made }: MadeKey) {
  return unstored({ ...encodeKey(made), key });
}

function encodeKey({ name, grants, state, record }: ListedKey): Encoded<Key> {
  if (record === undefined) return { name, source: 'settings', state, grants };
  const { id, owner, groups, createdBy, revokedBy } = record;
  return {
    name,
    source: 'store',
    state,
    grants,
    id,
    owner,
    groups,
    created_at: timeOf(record.createdAtMs),
    created_by: createdBy,
    expires_at: timeOf(record.expiresAtMs),
    rotated_at: timeOf(record.rotatedAtMs),
    previous_ends_at: timeOf(record.previous?.endsAtMs),
    revoked_at: timeOf(record.revokedAtMs),
    revoked_by: revokedBy,
    last_used_at: timeOf(record.lastUsedAtMs),
  };
}
