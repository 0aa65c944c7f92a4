import type { JsonValue } from '../../core/index.js';
import type { JudgeSnapshot, RolloutState, SeenTraffic, Verdict } from '../../rollouts/index.js';
import type { RolloutRecord, Store } from '../../store/index.js';
import type { RolloutKeysSnapshot } from './rollout-keys.js';
import type { TimelinePoint } from './timeline.js';
import type { DeclaredRollout, MeasuredDecision } from './types.js';

/** Where a store keeps what is replaced every second, by model: that of its last rollout. */
export const SNAPSHOT_KIND = 'rollout';
/** The same for the timeline, which is larger and changes only when a point is added. */
export const TIMELINE_KIND = 'rollout_timeline';
/** The same for the keys of a sticky one, which are larger and change less often, too. */
export const KEYS_KIND = 'rollout_keys';

/** The observations of a rollout; after a restart at most the last second is missing. */
export interface RolloutSnapshot {
  /** Of the rollout. */
  readonly id: string;
  readonly state: RolloutState;
  readonly judge: JudgeSnapshot;
  readonly verdict: Verdict;
  /** Absent in what an earlier release has stored. */
  readonly seen?: SeenTraffic;
  /** Only an earlier version has stored it here, and without metrics. */
  readonly timeline?: readonly Omit<TimelinePoint, 'metrics'>[];
}

export interface StoredTimeline {
  /** Of the rollout. */
  readonly id: string;
  readonly points: readonly TimelinePoint[];
}

/** The stored history of a rollout. */
export interface SeenRollout {
  /** undefined where there is none. */
  readonly snapshot: RolloutSnapshot | undefined;
  /** Of a sticky one; undefined where there are none. */
  readonly keys: RolloutKeysSnapshot | undefined;
  readonly timeline: readonly TimelinePoint[];
}

/** A rollout of the store, and what was seen of it. */
export interface StoredRollout extends SeenRollout {
  readonly record: RolloutRecord;
}

/** Of the last rollout of a model; of an earlier one nothing is left. */
export async function readSeen(
  snapshots: Pick<Store['snapshots'], 'get'>,
  { id, model }: Pick<RolloutRecord, 'id' | 'model'>,
): Promise<SeenRollout> {
  const snapshot = ofRollout<RolloutSnapshot>(id, await snapshots.get(SNAPSHOT_KIND, model));
  const stored = ofRollout<StoredTimeline>(id, await snapshots.get(TIMELINE_KIND, model));
  const earlier = snapshot?.timeline?.map((point) => ({ ...point, metrics: [] }));
  const keys = ofRollout<RolloutKeysSnapshot>(id, await snapshots.get(KEYS_KIND, model));
  return { snapshot, keys, timeline: stored?.points ?? earlier ?? [] };
}

/** A value as JSON has it. */
export function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

/** Reads a rollout as {@link toJson} wrote it: only this server writes it. */
export function declaredOf({ plan }: Pick<RolloutRecord, 'plan'>): DeclaredRollout {
  return plan as unknown as DeclaredRollout;
}

export function stateOf({ state }: Pick<RolloutRecord, 'state'>): RolloutState {
  return state as unknown as RolloutState;
}

/** The last decisions of a rollout, newest first. */
export async function readDecisions(
  rollouts: Pick<Store['rollouts'], 'decisions'>,
  id: string,
  limit: number,
): Promise<readonly MeasuredDecision[]> {
  const decisions = await rollouts.decisions(id, limit);
  // As toJson made them of DecisionNumbers: only this server writes them.
  return decisions.map((decision) => ({ ...decision, numbers: decision.numbers as MeasuredDecision['numbers'] }));
}

/** With what was counted since the last decision, unless the snapshot was before that. */
export function newestStateOf(record: RolloutRecord, snapshot: RolloutSnapshot | undefined): RolloutState {
  const state = stateOf(record);
  return snapshot?.state.decisions === state.decisions ? snapshot.state : state;
}

/** Reads a part of the rollout as {@link toJson} wrote it; undefined where there is none, or one of another rollout. */
function ofRollout<Kept extends { readonly id: string }>(id: string, value: JsonValue | undefined): Kept | undefined {
  const kept = value as unknown as Kept | undefined;
  return kept?.id === id ? kept : undefined;
}
