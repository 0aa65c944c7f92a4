import { SerialQueue } from '../../async/index.js';
import { type Clock, type EventBus, toMillraceError } from '../../core/index.js';
import { isOver, type Outcome } from '../../rollouts/index.js';
import type { RolloutDecision, RolloutRecord, Store } from '../../store/index.js';
import {
  KEYS_KIND,
  type RolloutSnapshot,
  SNAPSHOT_KIND,
  type StoredTimeline,
  TIMELINE_KIND,
  toJson,
} from './records.js';
import type { RolloutKeys } from './rollout-keys.js';
import type { TimelinePoint } from './timeline.js';
import type { DecisionNumbers } from './types.js';

interface StoredRunParts {
  readonly store: Pick<Store, 'rollouts' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** A decision's author and figures. */
export interface Decided {
  readonly by: string;
  readonly canary: number;
  readonly numbers: DecisionNumbers;
}

/** The observations of a rollout so far. */
interface SeenSoFar {
  readonly snapshot: Omit<RolloutSnapshot, 'id'>;
  readonly keys: RolloutKeys;
  readonly points: readonly TimelinePoint[];
}

/** Stores one rollout: its decisions, and the traffic that it has seen. */
export class StoredRun {
  readonly #record: RolloutRecord;
  readonly #parts: StoredRunParts;
  readonly #saves = new SerialQueue();
  /** The last point of the timeline that is stored. */
  #lastPoint: TimelinePoint | undefined;

  constructor(record: RolloutRecord, parts: StoredRunParts, lastPoint: TimelinePoint | undefined) {
    this.#record = record;
    this.#parts = parts;
    this.#lastPoint = lastPoint;
  }

  /** Rejects where a decision cannot be stored. */
  async decide({ state, decision }: Outcome, { by, canary, numbers }: Decided): Promise<void> {
    if (decision === undefined) return;
    const { store, clock, events } = this.#parts;
    const { id, model } = this.#record;
    const stored: RolloutDecision = { atMs: clock.wallNow(), by, ...decision, numbers: toJson(numbers) };
    await store.rollouts.decide(id, { state: toJson(state), isOver: isOver(state), decision: stored });
    const { action, reason } = decision;
    events.publish('rolloutDecided', { model, canary, rollout: id, action, by, reason });
  }

  /** Stores what has been seen when its turn comes; never rejects. */
  save(seen: () => SeenSoFar): Promise<void> {
    return this.#saves.run(() => this.#save(seen()));
  }

  async #save({ snapshot, keys, points }: SeenSoFar): Promise<void> {
    const { store, events } = this.#parts;
    const { id, model } = this.#record;
    const changedKeys = keys.changed(id);
    try {
      if (changedKeys !== undefined) await store.snapshots.put(KEYS_KIND, model, toJson(changedKeys));
      await store.snapshots.put(SNAPSHOT_KIND, model, toJson({ id, ...snapshot } satisfies RolloutSnapshot));
      const last = points.at(-1);
      if (last === this.#lastPoint) return;
      await store.snapshots.put(TIMELINE_KIND, model, toJson({ id, points } satisfies StoredTimeline));
      this.#lastPoint = last;
    } catch (error) {
      if (changedKeys !== undefined) keys.keepChanged();
      const message = `what the rollout of '${model}' has seen is not stored: ${toMillraceError(error).message}`;
      events.publish('diagnostic', { level: 'debug', room: 'service', message });
    }
  }
}
