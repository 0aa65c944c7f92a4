import type { JobLane } from '../store/index.js';
import { FairTurns, type TurnTaker } from '../stored-requests/index.js';

/** Jobs of one model, owner and priority that are queued. */
interface Lane extends JobLane {
  queued: number;
  /** None of them is due: their time has not come. */
  isEarly: boolean;
  /** `createdAtMs` of the oldest, as far as that is known. */
  oldestAtMs: number;
  /** Of its largest request since it was empty. */
  largestBytes: number;
}

interface Owner extends TurnTaker {
  readonly lanes: Set<Lane>;
}

export interface ChosenLane extends JobLane {
  readonly queued: number;
  readonly largestBytes: number;
}

/** How many more jobs of a model may start now. */
export type RoomFor = (model: string) => number;

export interface QueueSize {
  readonly queued: number;
  /** When the oldest that is due was submitted, or has become due, about; milliseconds since the Unix epoch. Infinity where none is due. */
  readonly oldestAtMs: number;
}

/** Jobs that are added to a lane. */
export interface QueuedJobs {
  readonly queued: number;
  readonly oldestAtMs: number;
  /** Of the largest request. Default: 0. */
  readonly bytes?: number;
  /** False: their time has not come. */
  readonly isDue: boolean;
}

/**
 * Whose job starts next. Normal jobs go before those of the background; of each, owners take turns by weight, and an owner's models in turn.
 */
export class Lanes {
  readonly #owners = new Map<string, Owner>();
  readonly #lanes = new Map<string, Lane>();
  readonly #turns = new FairTurns();
  #wakes = 0;

  /** By model, of those that have queued jobs. */
  sizes(): ReadonlyMap<string, QueueSize> {
    const sizes = new Map<string, QueueSize>();
    for (const { model, queued, oldestAtMs } of this.#lanes.values()) {
      const known = sizes.get(model);
      sizes.set(model, {
        queued: queued + (known?.queued ?? 0),
        oldestAtMs: Math.min(oldestAtMs, known?.oldestAtMs ?? Number.POSITIVE_INFINITY),
      });
    }
    return sizes;
  }

  /** Jobs of the owner that are queued in the lane. */
  queuedIn(lane: JobLane): number {
    return this.#lanes.get(keyOf(lane))?.queued ?? 0;
  }

  add(lane: JobLane, { queued, oldestAtMs, bytes = 0, isDue }: QueuedJobs): void {
    const known = this.#laneOf(lane);
    known.queued += queued;
    if (isDue) {
      this.#wakes++;
      known.oldestAtMs = Math.min(known.oldestAtMs, oldestAtMs);
      known.isEarly = false;
    }
    known.largestBytes = Math.max(known.largestBytes, bytes);
  }

  /** The store has so many, or had a moment ago. */
  atLeast(lane: JobLane, { queued, ...jobs }: QueuedJobs): void {
    const missing = queued - this.queuedIn(lane);
    if (missing > 0) this.add(lane, { ...jobs, queued: missing });
  }

  /** Some are queued no more. `upToMs`: those that are left were not submitted earlier, as the oldest have started. */
  take(lane: JobLane, count: number, upToMs = 0): void {
    const known = this.#lanes.get(keyOf(lane));
    if (known === undefined) return;
    known.queued = Math.max(0, known.queued - count);
    known.oldestAtMs = Math.max(known.oldestAtMs, upToMs);
    if (known.queued === 0) this.#forget(known);
  }

  /** Grows when a job becomes due. */
  get wakes(): number {
    return this.#wakes;
  }

  /** None of a lane's jobs was due when it was asked, at this number of {@link wakes}. */
  early(lane: JobLane, wakes: number): void {
    const known = this.#lanes.get(keyOf(lane));
    if (known === undefined || wakes !== this.#wakes) return;
    known.isEarly = true;
    known.oldestAtMs = Number.POSITIVE_INFINITY;
  }

  /** The time of some may have come. */
  wakeAll(nowMs: number): void {
    this.#wakes++;
    for (const lane of this.#lanes.values()) {
      lane.isEarly = false;
      lane.oldestAtMs = Math.min(lane.oldestAtMs, nowMs);
    }
  }

  setWeight(owner: string, weight: number): void {
    const known = this.#owners.get(owner);
    if (known !== undefined) known.weight = weight;
  }

  /** The lane whose turn it is; undefined = no model with jobs that are due has room. */
  next(roomFor: RoomFor): ChosenLane | undefined {
    return this.#nextOf('normal', roomFor) ?? this.#nextOf('background', roomFor);
  }

  /** So many jobs of the lane have started: others are next. */
  started(lane: JobLane, count: number): void {
    const owner = this.#owners.get(lane.owner);
    if (owner === undefined || count === 0) return;
    this.#turns.took(owner, count);
    const known = this.#lanes.get(keyOf(lane));
    if (known === undefined) return;
    // Behind the owner's other lanes.
    owner.lanes.delete(known);
    owner.lanes.add(known);
  }

  #nextOf(priority: JobLane['priority'], roomFor: RoomFor): ChosenLane | undefined {
    let best: { readonly owner: Owner; readonly lane: Lane } | undefined;
    for (const [name, owner] of this.#owners) {
      if (owner.lanes.size === 0 && this.#turns.isEven(owner)) this.#owners.delete(name);
      if (best !== undefined && owner.dueAt >= best.owner.dueAt) continue;
      for (const lane of owner.lanes) {
        if (lane.priority !== priority || lane.isEarly || lane.queued === 0 || roomFor(lane.model) <= 0) continue;
        best = { owner, lane };
        break;
      }
    }
    return best?.lane;
  }

  #laneOf(lane: JobLane): Lane {
    const { model, owner: name, priority } = lane;
    const key = keyOf(lane);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const owner = this.#owners.get(name) ?? { ...this.#turns.newcomer(), lanes: new Set() };
    this.#owners.set(name, owner);
    if (owner.lanes.size === 0) this.#turns.came(owner);
    const fresh: Lane = {
      model,
      owner: name,
      priority,
      queued: 0,
      isEarly: true,
      oldestAtMs: Number.POSITIVE_INFINITY,
      largestBytes: 0,
    };
    owner.lanes.add(fresh);
    this.#lanes.set(key, fresh);
    return fresh;
  }

  #forget(lane: Lane): void {
    this.#lanes.delete(keyOf(lane));
    const owner = this.#owners.get(lane.owner);
    owner?.lanes.delete(lane);
    if (this.#lanes.size === 0) this.#owners.clear();
    else if (owner?.lanes.size === 0 && this.#turns.isEven(owner)) this.#owners.delete(lane.owner);
  }
}

function keyOf({ model, owner, priority }: JobLane): string {
  return `${priority}\0${owner}\0${model}`;
}
