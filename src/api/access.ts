/** A role on what has a name of one of the patterns, and where it is written. */
export interface PlacedGrant {
  readonly role: string;
  /** Names of models and routes; `*` stands for any text. Missing: all. */
  readonly models?: readonly string[];
  /** Actions of the role that it does not give. Missing: none. */
  readonly except?: readonly string[];
  /** `millrace.yaml:4:7`, `key:ci itself`. */
  readonly place: string;
}

/** Whether a principal may perform an action, and why. */
export interface Explanation {
  readonly principal: string;
  readonly groups: readonly string[];
  readonly action: string;
  /** The name of a model or a route; '' = the server, `*` = everything. */
  readonly resource: string;
  readonly allowed: boolean;
  /** Where it is not allowed: whether it would be 403, and not 404 as if there were no such name. */
  readonly seen: boolean;
  /** Each of these alone gives the right. */
  readonly because: readonly PlacedGrant[];
  /** All that there is, where it is not allowed. */
  readonly has: readonly PlacedGrant[];
  /** Roles that give the right. */
  readonly would_do: readonly string[];
}

export interface ExplainQuery {
  /** `model.infer`, `route.change`. */
  readonly action: string;
  /** The name of a model or a route; `*` = everything. Default: the server. */
  readonly resource?: string;
  /** A key by its name, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`. Default: the caller. */
  readonly principal?: string;
  /** Groups of the token or certificate of `principal`, at most 100. Default: none. */
  readonly group?: readonly string[];
}

export interface AccessEndpoints {
  'GET /access/explain': { readonly query: ExplainQuery; readonly answer: Explanation };
}
