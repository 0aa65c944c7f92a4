import path from 'node:path';
import type { MadeKey } from '../api/index.js';
import { accessOf } from '../config/index.js';
import { systemClock } from '../core/index.js';
import { AccessPolicy, newKey } from '../governance/index.js';
import { checkKeyWish, type KeyWish } from '../service/index.js';
import type { Io } from './io.js';
import { loadSettingsFor } from './setting-flags.js';
import { useStore } from './use-store.js';

/** Makes a key in a store that no server uses: `failed_precondition` where one does. */
export async function createInStore(io: Io, file: string, wish: KeyWish): Promise<MadeKey> {
  const { store: options, auth } = await loadSettingsFor(io, {});
  const policy = new AccessPolicy(accessOf(auth));
  checkKeyWish(policy, wish, (name) => auth.keys.some((key) => key.name === name));
  const atMs = systemClock.wallNow();
  const { expiresInMs, ...rest } = wish;
  const expiresAtMs = expiresInMs === undefined ? undefined : atMs + expiresInMs;
  const { key, record } = newKey({ ...rest, expiresAtMs }, { principal: BY, atMs });
  await useStore({ ...options, path: path.resolve(io.cwd, file) }, (store) => store.keys.create(record));
  const { id, name, owner, grants, groups } = record;
  const expiresAt = expiresAtMs === undefined ? {} : { expires_at: new Date(expiresAtMs).toISOString() };
  return { name, id, source: 'store', state: 'active', grants, owner, groups, ...expiresAt, key };
}

const BY = 'millrace keys create --store';
