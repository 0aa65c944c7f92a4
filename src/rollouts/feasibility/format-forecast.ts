import { formatDuration } from '../../text/index.js';
import { formatCount } from '../judge/format.js';
import type { RolloutPlan } from '../plan.js';
import type { Forecast } from './forecast-types.js';
import { MAX_COUNTED_USERS } from './requirements.js';

/** What is known of a rollout before it is put into a sentence. */
export type Known = Omit<Forecast, 'sentence'>;

/** "step 1 of 2 (5 %) needs about 20,000 requests, 1,000 of them of version 4, to know that …; at 12 a second that is in 27m; …". */
export function formatForecast(known: Known, { canary, maxHoldMs }: RolloutPlan, isFine: boolean): string {
  const { step, fine, unit, obstacle } = known;
  if (isFine) return `version ${canary} is known to be no worse`;
  if (fine === undefined) return `${step} leaves no ${unit} to compare version ${canary} with`;
  const ofCanary = `${formatCount(fine.canary)} of them ${unit === 'users' ? 'with' : 'of'} version ${canary}`;
  const needs = `${step} needs about ${formatCount(fine.all)} ${unit}, ${ofCanary}, to know that it is no worse`;
  return [
    `${needs}${formatRollback(known)}`,
    ...formatUsers(known),
    ...formatTime(known, maxHoldMs),
    ...why(obstacle),
  ].join('; ');
}

function formatRollback({ metrics: [errors] }: Known): string {
  return errors?.worse === undefined
    ? ''
    : `, and about ${formatCount(errors.worse.all)} to roll it back if ${errors.fault}`;
}

function formatUsers({ unit, users, counted }: Known): readonly string[] {
  if (unit === 'requests') return [];
  if (users === undefined) return ['how many users there are is known after 1,000 requests'];
  const there =
    users.source === 'declared' ? `there are ${formatCount(users.count)}` : `${formatCount(users.count)} were seen`;
  return [`${there}, and ${formatCount(counted)} with the new version count until now`];
}

function formatTime({ unit, perSecond, remainingMs, obstacle }: Known, maxHoldMs: number): readonly string[] {
  if (perSecond === undefined || obstacle === 'share' || obstacle === 'users') return [];
  const what = unit === 'users' ? 'new users' : 'requests';
  if (remainingMs === undefined) return [`at present there are no ${what}`];
  const taking = `at the present rate, ${formatRate(perSecond)} ${what} a second, that takes ${formatDuration(remainingMs)}`;
  return [obstacle === 'time' ? `${taking}, and the step is held for at most ${formatDuration(maxHoldMs)}` : taking];
}

function why(obstacle: Known['obstacle']): readonly string[] {
  switch (obstacle) {
    case undefined:
      return [];
    case 'share':
      return [`the judge counts at most ${formatCount(MAX_COUNTED_USERS)} users, so that this step stays inconclusive`];
    case 'users':
    case 'time':
      return ['this step is likely to stay inconclusive'];
    default:
      return obstacle satisfies never;
  }
}

/** "12", "0.4". */
function formatRate(perSecond: number): string {
  return perSecond >= 10 ? formatCount(Math.round(perSecond)) : String(Number(perSecond.toPrecision(2)));
}
