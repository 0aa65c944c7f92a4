import type { QuotaStanding, QuotaUnit } from '../../../core/index.js';

/** Of the limits of a unit the one with the least left; undefined = no limit counts in it. */
export function scarcest(standings: readonly QuotaStanding[], unit: QuotaUnit): QuotaStanding | undefined {
  return standings
    .filter((standing) => standing.unit === unit)
    .reduce<QuotaStanding | undefined>(
      (least, other) => (least === undefined || other.remaining < least.remaining ? other : least),
      undefined,
    );
}
