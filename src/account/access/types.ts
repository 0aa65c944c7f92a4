import type { CallContext } from '../../core/index.js';
import type { Explanation } from '../../governance/index.js';

/** A question about rights. */
export interface AccessQuestion {
  /** `key:<name>` or the name alone, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`; undefined = the caller. */
  readonly principal: string | undefined;
  /** Groups as a token or a certificate would name them, besides those of a key. */
  readonly groups: readonly string[];
  /** By its name. */
  readonly action: string;
  /** As callers write it; '' = the server, '*' = everything. */
  readonly resource: string;
}

/** The question as it was understood, and the answer. */
export interface ExplainedAccess extends AccessQuestion, Explanation {
  readonly principal: string;
}

/** Access rights of principals. */
export interface AccessUseCases {
  /**
   * The lines that allow an action, by the rules in force; the named resources need not exist. Callers may ask about themselves, and about others
   * with the right `access.read`. `invalid_argument`; `not_found` for an unknown key.
   */
  explain(call: CallContext, question: AccessQuestion): Promise<ExplainedAccess>;
}
