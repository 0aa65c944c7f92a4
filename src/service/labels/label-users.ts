import { isOver } from '../../rollouts/index.js';
import type { Rollouts } from '../rollouts/rollouts.js';
import type { RouteTable } from '../routes/route-table.js';
import type { LabelDifference } from './types.js';
import { STABLE } from './version-labels.js';

interface LabelUsers {
  readonly rollouts: Pick<Rollouts, 'of'>;
  readonly routes: Pick<RouteTable, 'all'>;
}

/** Why nobody may move or remove a label now; undefined = they may. */
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
