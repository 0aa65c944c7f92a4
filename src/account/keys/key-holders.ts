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

/** The parts about keys that the service gets. */
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
  /** Identities that may also come from tokens of issuers or from certificates. */
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

/** The identities that a policy admits now. */
export function accessStateOf(keys: KeyParts, policy: AccessPolicy, otherwise: Otherwise = {}): AccessState {
  return { policy, keys: () => holdersOf(keys, otherwise), strangers: keys.strangers };
}

function* holdersOf({ written: inForce, stored }: KeyParts, { without, written }: Otherwise): Generator<Identity> {
  for (const { name, grants } of staticsOf(written ?? inForce())) yield { kind: 'key', name, grants };
  for (const { id, name, groups, grants } of stored.ring.usable()) {
    if (id !== without) yield { kind: 'key', name, groups, grants };
  }
}
