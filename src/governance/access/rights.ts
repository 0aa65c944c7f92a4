import type { Action, Rights } from '../../core/index.js';

/** A role on what has a name of one of the patterns, in which `*` stands for any text. */
export interface Grant {
  readonly role: string;
  /** Default: everything. */
  readonly models?: readonly string[];
}

export type Roles = Readonly<Record<string, readonly Action[]>>;

const EVERYTHING = ['*'] as const;
/** Names whose rights are remembered; strangers may ask for any number of them. */
const MAX_REMEMBERED = 1_000;

/** The rights that follow of grants. A role that is not known gives none. */
export function createRights(grants: readonly Grant[], roles: Roles): Rights {
  const parsed = grants.map(({ role, models = EVERYTHING }) => ({
    actions: new Set(roles[role] ?? []),
    matches: matcherOf(models),
  }));
  const anywhere = new Set(parsed.flatMap(({ actions }) => [...actions]));
  const remembered = new Map<string, ReadonlySet<Action>>();
  const actionsOn = (resource: string): ReadonlySet<Action> => {
    const known = remembered.get(resource);
    if (known !== undefined) return known;
    const actions = new Set(parsed.flatMap(({ actions: some, matches }) => (matches(resource) ? [...some] : [])));
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(resource, actions);
    return actions;
  };
  return {
    allow: (action, resource) => (resource === '' ? anywhere : actionsOn(resource)).has(action),
    summary: grants.map(describe).join(', ') || 'none',
  };
}

function describe({ role, models = EVERYTHING }: Grant): string {
  return models.includes('*') ? role : `${role} on ${models.join(' ')}`;
}

function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const source = patterns.map((pattern) => pattern.split('*').map(escapeRegExp).join('.*')).join('|');
  const expression = new RegExp(`^(?:${source})$`, 's');
  return (name) => expression.test(name);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
