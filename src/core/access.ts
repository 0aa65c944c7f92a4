/** What a principal may do, to a model, a route or the server. A closed list, of which roles are made. */
export const ACTIONS = [
  'model.infer',
  /** That it is there: metadata, signature, whether it is ready. */
  'model.read',
  /** How it fares: statistics, versions that failed, labels. */
  'model.observe',
  'model.load',
  'model.unload',
  'label.change',
  'route.read',
  'route.change',
  'rollout.read',
  'rollout.change',
  'rollout.approve',
  'shadow.read',
  'shadow.reset',
  /** To tell what became of one's own answers, or of those of others. */
  'feedback.give',
  'feedback.relay',
  'outcome.read',
  /** Jobs of others: that they are there and how they fare; to cancel, repeat and remove them, and to pause their models; their answers. */
  'job.read',
  'job.change',
  'job.answer',
  'server.read',
  'metrics.read',
  'setting.read',
  'setting.change',
  /** To reload what the server reads from files. */
  'server.manage',
  /** Shared memory of the server's machine. */
  'memory.read',
  'memory.use',
  'key.read',
  'key.change',
  /** Who may do what. */
  'access.read',
  'usage.read',
  'quota.read',
  'audit.read',
  /** Recorded requests and answers of a model or a route; to erase those of a request, on everything. */
  'payload.read',
  'payload.erase',
] as const;

export type Action = (typeof ACTIONS)[number];

/** What is done to what has a name. Who may do none of it to a name does not get to know whether anything has it. */
// Without the mark, the client for browsers would carry the list.
export const ACTIONS_ON_NAMES: readonly Action[] = /* @__PURE__ */ ACTIONS.filter((action) =>
  /^(model|label|route|rollout|shadow|outcome|job|payload)\./.test(action),
);

/** What follows of all grants of a principal. Rights add up: nothing takes one away. */
export interface Rights {
  /**
   * Whether the action is allowed on what has the name, as the caller wrote it: a model, a version by its label, a route. '' = on the server, or
   * on any of its models; '*' = on all of them.
   */
  allow(action: Action, resource: string): boolean;
  /** As {@link allow}, on what itself has the name: `fraud@canary` is more than the label of a model on which there is the right. */
  allowOwn(action: Action, name: string): boolean;
  /** Whether what has the name is there at all for the principal: it may do something to it. */
  sees(name: string): boolean;
  /** For messages: `caller on fraud*, viewer`. */
  readonly summary: string;
}

/** {@link Principal.ownerId} of all callers without a credential: where no caller has one, there is no other owner. */
export const ANONYMOUS_OWNER = 'anonymous';

/** Who is calling. */
export interface Principal {
  /** Unique over all kinds of credentials: a key's plain name, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`, `anonymous`. */
  readonly name: string;
  /** The name with its kind, as bindings write it: `key:<name>`; else the same as the name. */
  readonly id: string;
  /**
   * Owns what the principal leaves at the server: sequences, stored answers, cached responses. Of a key in the store it is the key's id, which
   * no other key gets, as its name may; else the same as `id`.
   */
  readonly ownerId: string;
  readonly groups: readonly string[];
  readonly rights: Rights;
}

export const NO_RIGHTS: Rights = Object.freeze({
  allow: () => false,
  allowOwn: () => false,
  sees: () => false,
  summary: 'none',
});
