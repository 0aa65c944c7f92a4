import type { PageQuery, Timestamp } from './endpoint.js';

/** A role, and the models on which a key has it. */
export interface KeyGrant {
  readonly role: string;
  /** Names of models and routes; `*` stands for any text. Missing: all. */
  readonly models?: readonly string[];
}

/** A key of a caller. Keys of the settings have a name, a state and grants only. */
export interface Key {
  readonly name: string;
  readonly source: 'settings' | 'store';
  readonly state: 'active' | 'expired' | 'revoked';
  readonly grants: readonly KeyGrant[];
  /** Part of the key: `mr_<id>_…`. */
  readonly id?: string;
  readonly owner?: string;
  readonly groups?: readonly string[];
  readonly created_at?: Timestamp;
  readonly created_by?: string;
  readonly expires_at?: Timestamp;
  readonly rotated_at?: Timestamp;
  /** Until then the key before holds as well. */
  readonly previous_ends_at?: Timestamp;
  readonly revoked_at?: Timestamp;
  readonly revoked_by?: string;
  /** To the minute. */
  readonly last_used_at?: Timestamp;
}

/** A key with its text, which is answered once. */
export interface MadeKey extends Key {
  readonly key: string;
}

export interface KeyPage {
  readonly keys: readonly Key[];
  /** `after` of the next page; missing on the last one. */
  readonly next?: string;
}

export interface CreateKey {
  /** Of the caller, in logs, bindings and quotas; no other key has it. */
  readonly name: string;
  readonly owner?: string;
  readonly grants?: readonly KeyGrant[];
  readonly groups?: readonly string[];
  /** Default: it never expires. */
  readonly expires_in_ms?: number;
}

export interface RotateKey {
  /** How long the key that is replaced holds as well; default a day. */
  readonly overlap_ms?: number;
  /** Default: as before. */
  readonly expires_in_ms?: number;
}

export interface KeyEndpoints {
  'GET /keys': { readonly query: PageQuery; readonly answer: KeyPage };
  'POST /keys': { readonly body: CreateKey; readonly answer: MadeKey };
  'GET /keys/{key}': { readonly answer: Key };
  'POST /keys/{key}/rotate': { readonly body: RotateKey; readonly answer: MadeKey };
  'POST /keys/{key}/revoke': { readonly answer: Key };
}
