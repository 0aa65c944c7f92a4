import type { ModelRef } from '../../core/index.js';
import { findNamed, type VersionLookup } from '../../models/index.js';
import type { RouteTable } from './route-table.js';

interface Comparisons {
  /** Whether a rollout of a model is not over. */
  readonly isInRollout: (model: string) => boolean;
  readonly routes: Pick<RouteTable, 'all'>;
  readonly lookup: Pick<VersionLookup, 'engine' | 'labels'>;
}

/** Whether a version's answers are being compared: a rollout of its model is not over, or it is part of a route with a shadow. */
export function isCompared({ isInRollout, routes, lookup }: Comparisons, { name, version }: ModelRef): boolean {
  if (isInRollout(name)) return true;
  return routes.all().some(({ route: { arms, shadow } }) => {
    if (shadow === undefined) return false;
    return [...arms, shadow].some((arm) => {
      const ref = findNamed(lookup, arm)?.ref;
      return ref?.name === name && ref.version === version;
    });
  });
}
