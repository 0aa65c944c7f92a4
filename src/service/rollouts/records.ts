import type { JsonValue } from '../../core/index.js';
import type { JudgeSnapshot, RolloutState, SeenTraffic, Verdict } from '../../rollouts/index.js';
import type { RolloutRecord } from '../../store/index.js';
import type { RolloutKeysSnapshot } from './rollout-keys.js';
import type { TimelinePoint } from './timeline.js';
import type { DeclaredRollout } from './types.js';

/** Where a store keeps what is replaced every second, by model: that of its last rollout. */
export const SNAPSHOT_KIND = 'rollout';

/** The same for the keys of a sticky one, which are larger and change less often. */
export const KEYS_KIND = 'rollout_keys';

/** What a rollout has seen; at most the last second of it is missing after a restart. */
export interface RolloutSnapshot {
  /** Of the rollout. */
  readonly id: string;
  readonly state: RolloutState;
  readonly judge: JudgeSnapshot;
  readonly verdict: Verdict;
  readonly timeline: readonly TimelinePoint[];
  /** Absent in what an earlier release has stored. */
  readonly seen?: SeenTraffic;
}

/** A value as JSON has it. */
export function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

/** What {@link toJson} made of a rollout: only this server writes it. */
export function declaredOf({ plan }: Pick<RolloutRecord, 'plan'>): DeclaredRollout {
  return plan as unknown as DeclaredRollout;
}

export function stateOf({ state }: Pick<RolloutRecord, 'state'>): RolloutState {
  return state as unknown as RolloutState;
}

/** With what was counted since the last decision, unless the snapshot was before that. */
export function newestStateOf(record: RolloutRecord, snapshot: RolloutSnapshot | undefined): RolloutState {
  const state = stateOf(record);
  return snapshot?.state.decisions === state.decisions ? snapshot.state : state;
}

/** What was stored of a rollout that is not over. */
export interface StoredRollout {
  readonly record: RolloutRecord;
  readonly snapshot: RolloutSnapshot | undefined;
  readonly keys: RolloutKeysSnapshot | undefined;
}

/** The snapshot of a rollout; undefined where there is none, or one of another rollout. */
export function snapshotOf(id: string, value: JsonValue | undefined): RolloutSnapshot | undefined {
  const snapshot = value as unknown as RolloutSnapshot | undefined;
  return snapshot?.id === id ? snapshot : undefined;
}

/** The same of its keys. */
export function keysOf(id: string, value: JsonValue | undefined): RolloutKeysSnapshot | undefined {
  const keys = value as unknown as RolloutKeysSnapshot | undefined;
  return keys?.id === id ? keys : undefined;
}
