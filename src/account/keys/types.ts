import type { CallContext } from '../../core/index.js';
import type { Grant } from '../../governance/index.js';
import type { KeyRecord } from '../../store/index.js';

/** A key of the settings: what is to be known of it. */
export interface StaticKey {
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** A key as lists have it; `record` undefined = it is one of the settings. */
export interface ListedKey {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly state: 'active' | 'expired' | 'revoked';
  readonly record: Omit<KeyRecord, 'digest'> | undefined;
}

/** A key that is shown once, and never again. */
export interface MadeKey extends ListedKey {
  readonly key: string;
}

export interface KeyPage {
  readonly keys: readonly ListedKey[];
  /** The cursor of the next page; undefined = there is none. */
  readonly next: string | undefined;
}

/** The key that a caller asks to create. */
export interface KeyWish {
  readonly name: string;
  readonly owner?: string | undefined;
  readonly grants: readonly Grant[];
  readonly groups?: readonly string[] | undefined;
  /** From now on; default: for ever. */
  readonly expiresInMs?: number | undefined;
}

export interface Rotation {
  /** How long the key that is replaced holds as well; default: a day. */
  readonly overlapMs?: number | undefined;
  /** From now on; default: as before. */
  readonly expiresInMs?: number | undefined;
}

/** Keys of callers. `key` names one by its id or name. Changes need every right that the key grants. */
export interface KeyUseCases {
  /** Keys of the settings, then those of the store that are not revoked, by name; `after` = behind that one. */
  list(call: CallContext, page: { readonly after?: string | undefined; readonly limit: number }): Promise<KeyPage>;
  /** Also one that is revoked, by its id. `not_found`. */
  get(call: CallContext, key: string): Promise<ListedKey>;
  /** `already_exists` where a key has the name. */
  create(call: CallContext, wish: KeyWish): Promise<MadeKey>;
  /** `failed_precondition` for a key of the settings, one that is revoked, and one that has expired and gets no other end. */
  rotate(call: CallContext, key: string, rotation: Rotation): Promise<MadeKey>;
  /** Its running requests end within a second. */
  revoke(call: CallContext, key: string): Promise<ListedKey>;
}
