import { createJudge } from '../../rollouts/index.js';
import type { RolloutRecord } from '../../store/index.js';
import { declaredOf, newestStateOf, type RolloutSnapshot } from './records.js';
import { type Split, splitFor } from './rollout-route.js';
import type { OpenRollout } from './types.js';

/** A rollout that another process judges and takes on; this one splits requests as it says. */
export interface FollowedRollout extends OpenRollout {
  readonly split: Split | undefined;
}

/** As the store has it; `before` = what was known of it. */
export function followedRollout(
  record: RolloutRecord,
  snapshot: RolloutSnapshot | undefined,
  before: FollowedRollout | undefined,
): FollowedRollout {
  const declared = declaredOf(record);
  const state = newestStateOf(record, snapshot);
  const split = splitFor(declared, state, before?.record.id === record.id ? before.split : undefined);
  return {
    record,
    declared,
    state,
    split,
    route: split?.route,
    verdict: snapshot?.verdict ?? createJudge(declared.judge).verdict(),
    timeline: snapshot?.timeline ?? [],
  };
}
