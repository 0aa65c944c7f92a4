import { sayStep } from '../describe.js';
import type { JudgeOptions, Verdict } from '../judge/index.js';
import type { RolloutPlan } from '../plan.js';
import { isOver, type RolloutState, stepOf } from '../state.js';
import type { Forecast, Obstacle, UserCount } from './forecast-types.js';
import { formatForecast } from './format-forecast.js';
import { MAX_COUNTED_USERS, type Requirements, requirementsOf } from './requirements.js';
import type { StableRates, Unit } from './terms.js';

/** What has been seen of a rollout's requests. */
export interface SeenTraffic {
  /** Of both versions. */
  readonly requests: number;
  /** About how many keys these had; undefined where it is not sticky. */
  readonly users: number | undefined;
  /** Requests, or users that are new, a second; undefined = not known yet. */
  readonly perSecond: number | undefined;
}

/** A rollout that is not over, and what is known of it. */
export interface Forecasted {
  readonly plan: RolloutPlan;
  readonly judge: JudgeOptions;
  readonly isSticky: boolean;
  /** As somebody has said. */
  readonly users: number | undefined;
  readonly state: RolloutState;
  readonly verdict: Verdict;
  readonly seen: SeenTraffic;
}

/** Requests after which the keys that were seen say how many users there are. */
export const ENOUGH_REQUESTS = 1_000;
/** Observations of stable after which its own rates come before the usual ones. */
const ENOUGH_OF_STABLE = 500;

/** How much a verdict needs now, by what has been measured; undefined where none is to come. */
export function forecast(of: Forecasted, needsOf = requirementsOf): Forecast | undefined {
  const { plan, judge, state, seen, verdict } = of;
  if (isOver(state) || state.kind === 'promoting') return undefined;
  const unit: Unit = of.isSticky ? 'users' : 'requests';
  const next = Math.max(state.step, 0);
  const weight = plan.steps[next]?.weight ?? 100;
  const perSecond = seen.perSecond === undefined ? undefined : rounded(seen.perSecond);
  const needs = needsOf({ judge, unit, weight, perSecond, rates: ratesOf(verdict) });
  const counted = verdict.metrics.find(({ name }) => name === 'errors')?.observations.canary ?? 0;
  const users = usersOf(of);
  const isFine = verdict.kind === 'fine';
  const missing = needs.fine && (isFine ? 0 : Math.max(0, needs.fine.canary - counted));
  const remainingMs = remainingOf(missing, weight, perSecond);
  const obstacle = isFine ? undefined : obstacleOf(of, { needs, users, remainingMs });
  const known = { ...needs, step: sayStep(plan, { step: next }), users, counted, perSecond, remainingMs, obstacle };
  return { ...known, sentence: formatForecast(known, plan, isFine) };
}

function usersOf({ isSticky, users, seen }: Forecasted): UserCount | undefined {
  if (!isSticky) return undefined;
  if (users !== undefined) return { count: users, source: 'declared' };
  if (seen.requests < ENOUGH_REQUESTS || seen.users === undefined) return undefined;
  return { count: seen.users, source: 'counted' };
}

function remainingOf(missing: number | undefined, weight: number, perSecond = 0): number | undefined {
  if (missing === undefined || missing === 0) return missing;
  if (perSecond === 0) return undefined;
  return (missing / (weight / 100) / perSecond) * 1_000;
}

interface Known {
  readonly needs: Requirements;
  readonly users: UserCount | undefined;
  readonly remainingMs: number | undefined;
}

function obstacleOf({ plan, state }: Forecasted, { needs, users, remainingMs }: Known): Obstacle | undefined {
  const { fine, unit } = needs;
  if (fine === undefined || (unit === 'users' && fine.all > MAX_COUNTED_USERS)) return 'share';
  if (users?.source === 'declared' && users.count < fine.all) return 'users';
  if (state.kind !== 'holding' || remainingMs === undefined || stepOf(plan, state) === undefined) return undefined;
  return state.heldMs + remainingMs > plan.maxHoldMs ? 'time' : undefined;
}

function ratesOf({ metrics }: Verdict): StableRates {
  const rates: { errors?: number; outcomes?: number } = {};
  for (const { name, stable, observations } of metrics) {
    if (stable === undefined || observations.stable < ENOUGH_OF_STABLE) continue;
    // What was not seen may still be there.
    if (name === 'errors') rates.errors = rounded(Math.max(stable, 1 / observations.stable));
    if (name === 'outcomes') rates.outcomes = rounded(stable);
  }
  return rates;
}

/** To two digits that count: what is needed is worked out again only where that changes something. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(2));
}
