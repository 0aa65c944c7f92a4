import { ACTIONS_ON_NAMES, type Action, type Rights } from '../../core/index.js';
import { type NamePatterns, parsePatterns } from '../../text/index.js';

/** A role on what has a name of one of the patterns, in which `*` stands for any text. */
export interface Grant {
  readonly role: string;
  /** Default: everything. */
  readonly models?: readonly string[];
  /** Actions of the role that it does not give. Default: none. */
  readonly except?: readonly Action[];
}

export type Roles = Readonly<Record<string, readonly Action[]>>;

const EVERYTHING = ['*'] as const;
/** Names whose rights are remembered of one principal: those on which it has any. Others may be any number, and cost a look each. */
const MAX_REMEMBERED = 256;
const NO_ACTIONS: ReadonlySet<Action> = new Set();

interface ParsedGrant {
  readonly actions: readonly Action[];
  readonly names: NamePatterns;
}

/**
 * The rights that follow of grants. A role that is not known gives none. A right on a model is one on its labels, too (`fraud` on
 * `fraud@canary`), but not on a model which is itself called so.
 */
export function createRights(grants: readonly Grant[], roles: Roles): Rights {
  const parsed = grants.flatMap(({ role, models = EVERYTHING, except = [] }): readonly ParsedGrant[] => {
    const all = Object.hasOwn(roles, role) ? (roles[role] ?? []) : [];
    const actions = all.filter((action) => !except.includes(action));
    return actions.length === 0 ? [] : [{ actions, names: parsePatterns(models) }];
  });
  const anywhere = union(parsed);
  const general = union(parsed.filter(({ names }) => names.isEverything));
  const particular = parsed.filter(({ names }) => !names.isEverything);
  const own = remembering((name) => {
    const found = particular.filter(({ names }) => names.matches(name));
    return found.length === 0 ? general : new Set([...general, ...union(found)]);
  }, general);
  const labelled = remembering((name) => {
    const model = modelOf(name);
    return model === undefined ? own(name) : new Set([...own(name), ...own(model)]);
  }, general);
  const actionsOn = particular.length === 0 ? () => general : labelled;
  const ownActionsOn = particular.length === 0 ? () => general : own;
  return {
    allow: (action, resource) => (resource === '' ? anywhere : actionsOn(resource)).has(action),
    allowOwn: (action, name) => ownActionsOn(name).has(action),
    sees: (name) => {
      const actions = actionsOn(name);
      return ACTIONS_ON_NAMES.some((action) => actions.has(action));
    },
    summary: grants.map(describeGrant).join(', ') || 'none',
  };
}

/** `caller on fraud*`; just the role where it is on everything. */
function describeGrant({ role, models = EVERYTHING }: Grant): string {
  return models.includes('*') ? role : `${role} on ${models.join(' ')}`;
}

function union(grants: readonly ParsedGrant[]): ReadonlySet<Action> {
  return grants.length === 0 ? NO_ACTIONS : new Set(grants.flatMap(({ actions }) => actions));
}

/** `fraud` of `fraud@canary`. */
function modelOf(name: string): string | undefined {
  const at = name.lastIndexOf('@');
  return at <= 0 || at === name.length - 1 ? undefined : name.slice(0, at);
}

/** Remembers what was found of a name, unless it is the usual. */
function remembering(
  find: (name: string) => ReadonlySet<Action>,
  usual: ReadonlySet<Action>,
): (name: string) => ReadonlySet<Action> {
  const remembered = new Map<string, ReadonlySet<Action>>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const found = find(name);
    if (found === usual || found.size === usual.size) return usual;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(name, found);
    return found;
  };
}
