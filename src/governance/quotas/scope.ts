import { parsePatterns } from '../../text/index.js';
import type { QuotaConfig } from './options.js';

/** Who calls, as quotas see it. */
export interface Caller {
  /** `key:ci`, `oidc:corp/alice`, … */
  readonly id: string;
  readonly groups: readonly string[];
}

/** Whose requests a counter counts; undefined = no matter whose, or of which model. */
export interface Whose {
  readonly principal: string | undefined;
  readonly group: string | undefined;
  readonly model: string | undefined;
}

/** Which counters of a quota a request of a caller to a model counts against: none where it is not about it. */
export type Scope = (caller: Caller, model: string) => readonly Whose[];

export function scopeOf({ principal, group, model }: QuotaConfig): Scope {
  const isOfPrincipal = matcherOf(principal);
  const isOfGroup = matcherOf(group);
  const isOfModel = matcherOf(model);
  return ({ id, groups }, name) => {
    if (!isOfPrincipal(id) || !isOfModel(name)) return [];
    const whose = { principal: principal && id, model: model && name };
    if (group === undefined) return [{ ...whose, group: undefined }];
    return groups.filter((one) => isOfGroup(one)).map((one) => ({ ...whose, group: one }));
  };
}

function matcherOf(pattern = '*'): (name: string) => boolean {
  return parsePatterns([pattern]).matches;
}
