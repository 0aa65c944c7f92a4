import { createJudge, KeptKeys } from '../../rollouts/index.js';
import { declaredOf, newestStateOf, type StoredRollout } from './records.js';
import { forecastOf, NOTHING_SEEN } from './rollout-forecast.js';
import { type Split, splitFor } from './rollout-route.js';
import type { OpenRollout } from './types.js';

/** A rollout that another process judges and takes on; this one splits requests as it says. */
export interface FollowedRollout extends OpenRollout {
  readonly split: Split | undefined;
}

/** As the store has it; `before` = what was known of it. */
export function followedRollout(
  { record, snapshot, keys, timeline }: StoredRollout,
  before: FollowedRollout | undefined,
): FollowedRollout {
  const declared = declaredOf(record);
  const state = newestStateOf(record, snapshot);
  const known = before?.record.id === record.id ? before.split : undefined;
  const split = splitFor({ declared, state }, new KeptKeys(keys?.canary), known);
  const verdict = snapshot?.verdict ?? createJudge(declared.judge).verdict();
  const seen = snapshot?.seen ?? NOTHING_SEEN;
  return {
    record,
    declared,
    state,
    split,
    route: split?.route,
    verdict,
    timeline,
    seen,
    get forecast() {
      return forecastOf({ declared, state, verdict, seen });
    },
  };
}
