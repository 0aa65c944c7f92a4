import { formatModelRef, invalidArgument, MillraceError } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { findVersion, type VersionLookup, versionDifference } from '../../models/index.js';
import { createPlan, userProblem } from '../../rollouts/index.js';
import type { RouteTable } from '../routes/route-table.js';
import type { LastUsers } from './last-users.js';
import { type LabelKeeper, labelsToGive, ownLabelOf } from './rollout-labels.js';
import { rolloutRoute } from './rollout-route.js';
import type { DeclaredRollout, RolloutOptions } from './types.js';

export interface StartChecks {
  readonly lookup: VersionLookup;
  readonly routes: Pick<RouteTable, 'find'>;
  readonly labels: LabelKeeper;
}

/** A rollout as it is asked for. */
export interface WantedRollout {
  readonly model: string;
  readonly options: RolloutOptions;
  /** By the same key. */
  readonly lastUsers?: LastUsers | undefined;
}

export interface StartedRollout {
  readonly declared: DeclaredRollout;
  /** Labels that it is given before it begins. */
  readonly given: Readonly<Record<string, number>>;
}

/** A rollout as it is asked for, completed; throws why it cannot be. */
export function checkStart(
  { lookup, routes, labels }: StartChecks,
  { model, options, lastUsers }: WantedRollout,
): StartedRollout {
  const { to, sticky, judge = {}, users, allowInconclusive = false, ...planned } = options;
  if (users !== undefined && sticky === undefined) {
    throw invalidArgument('users: expected with `sticky` only, without which each request counts for itself');
  }
  if (routes.find({ name: model, version: undefined }) !== undefined) {
    const message = `'${model}' is the name of a route, which says who gets which version: change its weights, or delete it first`;
    throw new MillraceError('failed_precondition', message);
  }
  const stable = findVersion(lookup, { name: model, version: undefined });
  const canary = lookup.engine.serving(model).find(({ ref }) => ref.version === to);
  if (canary === undefined) throw new MillraceError('failed_precondition', sayAbsent(lookup, model, to));
  checkPair(stable, canary);
  const made = createPlan({ model, stable: stable.ref.version, canary: to }, planned);
  if ('problem' in made) throw invalidArgument(made.problem);
  const { plan } = made;
  // In less time than a step may take, not all of them have come.
  const counted = lastUsers !== undefined && lastUsers.overMs >= plan.maxHoldMs ? lastUsers.count : undefined;
  const known = users ?? counted;
  if (known !== undefined && !allowInconclusive) {
    const few = userProblem({ plan, judge, users: known, isCounted: users === undefined });
    if (few !== undefined) throw new MillraceError('failed_precondition', few);
  }
  const given = labelsToGive(plan, lookup.labels.of(model), labels);
  const ownLabel = ownLabelOf(given);
  const split = rolloutRoute({ plan, judge, ...(sticky === undefined ? {} : { sticky }) }, 0);
  if ('problem' in split) throw invalidArgument(split.problem);
  const declared: DeclaredRollout = {
    plan,
    judge,
    ...(sticky === undefined ? {} : { sticky }),
    ...(users === undefined ? {} : { users }),
    ...(ownLabel === undefined ? {} : { ownLabel }),
  };
  return { declared, given };
}

function sayAbsent({ engine }: VersionLookup, model: string, version: number): string {
  const state = engine.statusesOf(model).find((status) => status.version === version)?.state;
  const serving = engine.serving(model).map(({ ref }) => ref.version);
  const why = state === undefined ? `served are ${serving.join(', ')}` : `it is ${state.kind}`;
  return `version ${version} of model '${model}' does not serve: ${why}`;
}

function checkPair(stable: ModelInfo, canary: ModelInfo): void {
  const { name, version } = stable.ref;
  if (version === canary.ref.version) {
    const message = `'${name}' stands for version ${version} already: give the label 'stable' to the version that it is to go over from`;
    throw new MillraceError('failed_precondition', message);
  }
  const difference = versionDifference(stable, canary);
  if (difference === undefined) return;
  const message = `${formatModelRef(canary.ref)} cannot take the place of ${formatModelRef(stable.ref)}: ${difference}`;
  throw new MillraceError('failed_precondition', message);
}
