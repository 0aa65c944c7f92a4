import type { Grant } from './rights.js';

/** A principal or a group gets a grant. */
export interface Binding extends Grant {
  /** Of its name in the token or certificate, or of the key's groups. Either this or `principal`. */
  readonly group?: string;
  /** `key:ci`, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`. */
  readonly principal?: string;
}

/** A grant and where it is written: `millrace.yaml:4:7`, `binding 'ci'`, `key 'ci' itself`. */
export interface PlacedGrant extends Grant {
  readonly place: string;
}

/** A binding and where it is written. */
export interface PlacedBinding extends Binding {
  readonly place: string;
}
