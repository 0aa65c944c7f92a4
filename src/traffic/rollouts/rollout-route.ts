import { MillraceError } from '../../core/index.js';
import { type RolloutState, type RolloutTraffic, trafficOf } from '../../rollouts/index.js';
import { type ClosedArm, createRoute, type Route } from '../../routing/index.js';
import { formatPath } from '../../text/index.js';
import type { DeclaredRollout } from './types.js';

/** The arms of a rollout's route. */
export const STABLE_ARM = 'stable';
export const CANARY_ARM = 'canary';
/** Outcomes that callers may report, where these are judged. */
const OUTCOMES = { kind: 'binary', better: 'higher', windowMs: 604_800_000 } as const;

/** How canary gets copies of what stable answers, where their agreement is judged: as a shadow that nothing else is said of. */
const COPIES = {
  share: 1,
  timeoutMs: 10_000,
  maxPending: 256,
  allowSideEffects: false,
  keepSamples: 0,
  compare: { absoluteTolerance: 1e-5, relativeTolerance: 1e-3, outputs: {} },
} as const;

/**
 * The route that splits what a bare name gets. What canary refuses because it is down or its queue is full goes to stable, never the other
 * way round: it would get more than its share.
 */
export function rolloutRoute(
  { plan, sticky, judge }: Pick<DeclaredRollout, 'plan' | 'sticky' | 'judge'>,
  canaryPercent: number,
): { readonly route: Route } | { readonly problem: string } {
  const { model, stable, canary } = plan;
  const config = {
    arms: [
      { name: STABLE_ARM, model, version: stable, weight: 100 - canaryPercent },
      { name: CANARY_ARM, model, version: canary, weight: canaryPercent },
    ],
    ...(sticky === undefined ? {} : { sticky }),
    ...(judge.outcomes ? { outcomes: OUTCOMES } : {}),
    fallback: [STABLE_ARM],
    rules: [],
    ...(judge.agreement ? { shadow: { ...COPIES, model, version: canary } } : {}),
  };
  const made = createRoute({ name: model, config, names: new Set([model]) });
  if ('route' in made) return made;
  return { problem: made.problems.map(({ path, message }) => `${formatPath(path.slice(1))}: ${message}`).join('; ') };
}

/** The route of a rollout at one of its steps. */
export interface Split {
  readonly percent: number;
  /** Canary gets no further keys. */
  readonly isClosed: boolean;
  readonly route: Route;
}

/** The keys of canary, in force while it is closed. */
type CanaryKeys = ClosedArm['keys'];

/** The route of the bare name in a state: the previous one where its weights are equal, undefined where the name is not split. */
export function splitFor(
  { declared, state }: { readonly declared: DeclaredRollout; readonly state: RolloutState },
  keys: CanaryKeys,
  before: Split | undefined,
): Split | undefined {
  const { plan } = declared;
  const traffic = trafficOf(plan, state);
  const inForce = plan.steps[state.step]?.weight ?? 0;
  const percent = canaryPercentOf(traffic, before?.percent ?? inForce);
  if (percent === undefined) return undefined;
  const isClosed = traffic.kind === 'split' && traffic.isClosed && declared.sticky !== undefined;
  if (percent === before?.percent && isClosed === before.isClosed) return before;
  const made = rolloutRoute(declared, percent);
  if ('problem' in made) throw new MillraceError('internal', `the rollout of '${plan.model}': ${made.problem}`);
  const closed = isClosed ? { arm: CANARY_ARM, others: STABLE_ARM, keys } : undefined;
  return { percent, isClosed, route: { ...made.route, closed } };
}

/** Percent of the requests that canary gets while the bare name is split; undefined = it is not. */
function canaryPercentOf(traffic: RolloutTraffic, before: number): number | undefined {
  if (traffic.kind === 'none') return undefined;
  // Until the label has moved, all stays as it is.
  return traffic.kind === 'promote' ? before : traffic.canaryPercent;
}
