import { sayStep } from '../describe.js';
import { formatCount } from '../judge/format.js';
import type { JudgeOptions } from '../judge/index.js';
import type { RolloutPlan } from '../plan.js';
import {
  fineNeeds,
  type JudgedTraffic,
  MAX_COUNTED_USERS,
  marginsThatWork,
  type Requirements,
  requirementsOf,
} from './requirements.js';

/** A sticky plan, and how many users there are. */
export interface PlannedUsers {
  readonly plan: RolloutPlan;
  readonly judge: JudgeOptions;
  readonly users: number;
  /** By the last rollout, and not said by anybody. Default: false. */
  readonly isCounted?: boolean;
}

/** Why the plan cannot conclude with so many users, and what would help; undefined = it may. */
export function userProblem(planned: PlannedUsers): string | undefined {
  const { plan, judge, users, isCounted = false } = planned;
  // Where it proceeds without a verdict, a later step may still give one.
  const steps = plan.onInconclusive === 'proceed' ? plan.steps : plan.steps.slice(0, 1);
  const needs = steps.map(({ weight }) => fineNeeds({ judge, unit: 'users', weight })?.all ?? Number.POSITIVE_INFINITY);
  const least = Math.min(...needs);
  const counted = Math.min(users, MAX_COUNTED_USERS);
  if (least <= counted) return undefined;
  const step = needs.indexOf(least);
  const traffic: JudgedTraffic = { judge, unit: 'users', weight: steps[step]?.weight ?? 100 };
  const there = `${formatCount(users)} users${isCounted ? ' (counted by the last rollout)' : ''}`;
  const limit = counted < users ? `, of which the judge counts ${formatCount(counted)}` : '';
  const needed = formatNeeds(sayStep(plan, { step }), requirementsOf(traffic));
  const remedies = [...remediesFor(counted, traffic), ...(isCounted ? ['say `users` if there are more'] : [])];
  const advice = [...remedies, 'start it anyway with `allow_inconclusive`'].join(', or ');
  return `version ${plan.canary} cannot be judged by ${there}${limit}: ${needed}; ${advice}`;
}

function formatNeeds(step: string, { fine, metrics }: Requirements): string {
  if (fine === undefined) return `${step} leaves none of them to the other version`;
  const toKnow = `${formatCount(fine.canary)} of them with this version, to know that it is no worse`;
  const [errors] = metrics;
  const toRollBack = errors?.worse && `, and about ${formatCount(errors.worse.all)} to roll it back if ${errors.fault}`;
  return `${step} needs about ${formatCount(fine.all)}, ${toKnow}${toRollBack ?? ''}`;
}

/** Percents that are tried as a first step. */
const WEIGHTS: readonly number[] = [1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50];

function remediesFor(users: number, traffic: JudgedTraffic): readonly string[] {
  const remedies: string[] = [];
  const margins = marginsThatWork(traffic, (users * traffic.weight) / 100);
  if (margins.length > 0 && margins.every(({ margin }) => margin < 1)) {
    const named = margins.map(({ name, margin }) => `${margin} (${name})`);
    remedies.push(`set ${named.length === 1 ? 'the margin' : 'the margins'} to at least ${formatList(named)}`);
  }
  const weight = WEIGHTS.find((percent) => {
    const fine = fineNeeds({ ...traffic, weight: percent });
    return fine !== undefined && fine.all <= users;
  });
  if (weight !== undefined) remedies.push(`begin with ${weight} percent`);
  return remedies;
}

/** "a, b and c". */
function formatList(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
