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
   * Which lines decide whether somebody may do something, by the rules that hold now; names say nothing of what there is. Everybody may ask about
   * themselves, and about others who has the right `access.read`. `invalid_argument`; `not_found` for a key that there is not.
   */
  explain(call: CallContext, question: AccessQuestion): Promise<ExplainedAccess>;
}
