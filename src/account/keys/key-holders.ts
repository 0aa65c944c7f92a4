import {
  type AccessPolicy,
  type AccessState,
  type AuthOptions,
  grantsOfScopes,
  type Identity,
  type KeyChanges,
  type StoredKeys,
  type Strangers,
} from '../../governance/index.js';
import type { KeyRecords } from '../../store/index.js';
import type { StaticKey } from './types.js';

type WrittenKeys = AuthOptions['keys'];

/** What the service is handed of keys. */
export interface KeyParts {
  readonly records: KeyRecords;
  readonly stored: StoredKeys;
  readonly changes: KeyChanges;
  /** Keys of the settings that are in force. */
  readonly written: () => WrittenKeys;
  /** From now on these are; requests of keys that no longer hold end. */
  readonly replaceWritten: (keys: WrittenKeys) => void;
  readonly policy: AccessPolicy;
  /** Whether callers need a credential. */
  readonly areAsked: boolean;
  /** Who may come by tokens of issuers or with certificates as well. */
  readonly strangers: readonly Strangers[];
}

/** Keys of the settings, without their texts. */
export function staticsOf(written: WrittenKeys): readonly StaticKey[] {
  return written.map(({ name, scopes }) => ({ name, grants: grantsOfScopes(scopes) }));
}

interface Otherwise {
  /** All but the API key of this id. */
  readonly without?: string;
  /** Keys of the settings instead of those in force. */
  readonly written?: WrittenKeys;
}

/** Who may come as of now, by the rules of a policy. */
export function accessStateOf(keys: KeyParts, policy: AccessPolicy, otherwise: Otherwise = {}): AccessState {
  return { policy, keys: () => holdersOf(keys, otherwise), strangers: keys.strangers };
}

function* holdersOf({ written: inForce, stored }: KeyParts, { without, written }: Otherwise): Generator<Identity> {
  for (const { name, grants } of staticsOf(written ?? inForce())) yield { kind: 'key', name, grants };
  for (const { id, name, groups, grants } of stored.ring.usable()) {
    if (id !== without) yield { kind: 'key', name, groups, grants };
  }
}
