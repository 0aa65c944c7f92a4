import { type Forecast, forecast, type SeenTraffic } from '../../rollouts/index.js';
import type { OpenRollout } from './types.js';

export const NOTHING_SEEN: SeenTraffic = { requests: 0, users: undefined, perSecond: undefined };

/** Requests that a verdict of the rollout needs; `needsOf` as of {@link forecast}. */
export function forecastOf(
  { declared, state, verdict, seen }: Pick<OpenRollout, 'declared' | 'state' | 'verdict' | 'seen'>,
  needsOf?: Parameters<typeof forecast>[1],
): Forecast | undefined {
  const { plan, judge, sticky, users } = declared;
  return forecast({ plan, judge, isSticky: sticky !== undefined, users, state, verdict, seen }, needsOf);
}
