import { findNamed, type NamedVersion, STABLE, type VersionLookup } from '../../models/index.js';
import { isOver } from '../../rollouts/index.js';
import { chooseVersion } from '../../routing/index.js';
import type { Rollouts } from '../rollouts/rollouts.js';
import { differenceWithin } from '../routes/check-route.js';
import type { RouteTable } from '../routes/route-table.js';
import type { LabelDifference } from './types.js';

interface LabelUsers {
  readonly rollouts: Pick<Rollouts, 'of'>;
  readonly routes: Pick<RouteTable, 'all'>;
}

/** Why a label cannot be moved or removed now; undefined = it can. */
export function sayUsed(
  { rollouts, routes }: LabelUsers,
  model: string,
  { label, version }: LabelDifference,
): string | undefined {
  const run = rollouts.of(model);
  if (run !== undefined && !isOver(run.state) && (label === STABLE || label === run.declared.ownLabel)) {
    const { canary } = run.declared.plan;
    return `label '${label}' of model '${model}' belongs to its rollout to version ${canary}: promote or abort that first`;
  }
  if (version !== undefined) return undefined;
  const isUsed = (arm: { readonly model: string; readonly label?: string | undefined } | undefined): boolean =>
    arm?.model === model && arm.label === label;
  const user = routes.all().find(({ route }) => route.arms.some(isUsed) || isUsed(route.shadow))?.route.name;
  return user && `label '${label}' of model '${model}' cannot be removed: route '${user}' uses it`;
}

interface LabelRoutes {
  readonly routes: Pick<RouteTable, 'all'>;
  readonly lookup: VersionLookup;
}

/** The first route whose arms would take or give other tensors than each other when labels have moved; undefined = none that do not so already. */
export function sayMisfit(
  { routes, lookup }: LabelRoutes,
  model: string,
  changes: readonly LabelDifference[],
): string | undefined {
  const now = (arm: NamedVersion) => findNamed(lookup, arm);
  const changeOf = (arm: NamedVersion): LabelDifference | undefined =>
    arm.model === model && arm.version === undefined
      ? changes.find(({ label }) => label === (arm.label ?? STABLE))
      : undefined;
  const then = (arm: NamedVersion) => {
    const change = changeOf(arm);
    return change === undefined ? now(arm) : chooseVersion(lookup.engine.serving(model), change.version);
  };
  for (const { route } of routes.all()) {
    if (!route.arms.some((arm) => changeOf(arm) !== undefined)) continue;
    const difference = differenceWithin(route, then);
    if (difference === undefined || differenceWithin(route, now) !== undefined) continue;
    const { index, message } = difference;
    return `labels of model '${model}' cannot be moved so: routes.${route.name}.arms[${index}] would be ${message}`;
  }
  return undefined;
}
