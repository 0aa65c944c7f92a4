import type { AccessPolicy, AccessState, Identity, KeyChanges, StoredKeys, Strangers } from '../../governance/index.js';
import type { KeyRecords } from '../../store/index.js';
import type { StaticKey } from './types.js';

/** What the service is handed of keys. */
export interface KeyParts {
  readonly records: KeyRecords;
  readonly stored: StoredKeys;
  readonly changes: KeyChanges;
  readonly statics: readonly StaticKey[];
  readonly policy: AccessPolicy;
  /** Who may come by tokens of issuers or with certificates as well. */
  readonly strangers: readonly Strangers[];
}

/** Who may come as of now, by the rules of a policy; `without` = all but the API key of this id. */
export function accessStateOf(
  keys: KeyParts,
  policy: AccessPolicy,
  { without }: { readonly without?: string } = {},
): AccessState {
  return { policy, keys: () => holdersOf(keys, without), strangers: keys.strangers };
}

function* holdersOf({ statics, stored }: KeyParts, without: string | undefined): Generator<Identity> {
  for (const { name, grants } of statics) yield { kind: 'key', name, grants };
  for (const { id, name, groups, grants } of stored.ring.usable()) {
    if (id !== without) yield { kind: 'key', name, groups, grants };
  }
}
