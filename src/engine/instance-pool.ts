import {
  type BatchReason,
  type Clock,
  type EventBus,
  formatModelRef,
  type Message,
  MillraceError,
  type ModelRef,
  msg,
  namedModel,
  type Timer,
  toMillraceError,
  wordingOf,
} from '../core/index.js';
import type { Emission, Instance } from '../runtimes/index.js';
import type { Outage } from './admission.js';
import type { Pending } from './pending.js';
import type { Permit } from './resource-limiter.js';

/** A batch on an instance. */
export interface Run {
  /** Its number among the batches of its generation. */
  readonly id: number;
  readonly members: readonly Pending[];
  readonly rows: number;
  readonly reason: BatchReason;
  /** What it holds of the server's resources; undefined where its model needs none. */
  readonly permit: Permit | undefined;
  /** Other requests waited when it was sent. */
  readonly hadCompany: boolean;
  /** What came so far; passed on when the batch has ended well. */
  readonly emissions: Emission[];
  /** Clock time at which its instance could begin it; 0 while it waits behind another. */
  startedAt: number;
  finishedAt: number;
  /** It ran longer than allowed, and its runner was killed for that. */
  overdue: boolean;
  /** Its members had no answer for too long and were ended; it has to end soon. */
  idle: boolean;
  timeout: Timer | undefined;
}

/** A place for one instance: filled, empty after a death, or filled again. */
export interface Slot {
  readonly index: number;
  /** Of its instances, e.g. `mlp/3#0`. */
  readonly id: string;
  /** It runs requests of the background only, which the others do not get. */
  readonly forBackground: boolean;
  instance: Instance | undefined;
  /** Its runner is going down, but not gone yet: it gets no more batches. */
  doomed: boolean;
  /** Oldest first; as many as its model runs at a time, or two where that is one (one runs, one is sent ahead). */
  readonly runs: Run[];
  /** Deaths since the last batch that ended well. */
  deaths: number;
  restarts: number;
  /** Clock time of the next attempt to fill it; 0 = none pending. */
  restartAt: number;
}

/** Places for instances of a model, all empty; those for the background are the last. */
export function createSlots(ref: ModelRef, count: number, background = 0): readonly Slot[] {
  const model = formatModelRef(ref);
  const ids = Array.from({ length: count }, (_, index) => `${model}#${index}`);
  return slotsOf(
    ids,
    Array.from({ length: background }, (_, index) => `${model}#background-${index}`),
  );
}

/** The place for the preparer of a model. */
export function createPreparerSlots(ref: ModelRef): readonly Slot[] {
  return slotsOf([`${formatModelRef(ref)}#prepare`]);
}

function slotsOf(ids: readonly string[], ofBackground: readonly string[] = []): readonly Slot[] {
  return [...ids, ...ofBackground].map((id, index) => ({
    index,
    id,
    forBackground: index >= ids.length,
    instance: undefined,
    doomed: false,
    runs: [],
    deaths: 0,
    restarts: 0,
    restartAt: 0,
  }));
}

/** The request that is being executed under that id. */
export function executingIn(slots: readonly Slot[], callId: number): Pending | undefined {
  for (const { runs } of slots) {
    for (const { members } of runs) {
      const found = members.find((item) => item.callId === callId);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

export interface PoolOptions {
  readonly ref: ModelRef;
  readonly slots: readonly Slot[];
  readonly clock: Clock;
  readonly events: EventBus;
  readonly restartBackoffMs: number;
  readonly maxRestartBackoffMs: number;
  /** Loads the instance of one slot, warmed up. Rejects with {@link FilesChangedError} where trying again is no use. */
  readonly start: (index: number) => Promise<Instance>;
  /** Something about the slots has changed: an instance came or went. */
  readonly onChange: () => void;
}

/** A generation is one set of files: none of its instances starts any more once they have changed. */
export class FilesChangedError extends MillraceError {
  constructor(ref: ModelRef) {
    super('failed_precondition', msg`the files of ${namedModel(ref)} have changed since it was loaded`);
  }
}

/**
 * The instances of one loaded generation. Restarts the ones that die, later and later while they keep dying; the
 * first batch that ends well resets that. Forgets everything on `close`.
 */
export class InstancePool {
  readonly #options: PoolOptions;
  readonly slots: readonly Slot[];
  readonly #online: readonly Slot[];
  #lastDeath: string | Message = '';
  /** Clock time at which the last instance went. */
  #downSince = 0;
  #restarts = true;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.slots = options.slots;
    this.#online = this.slots.filter(({ forBackground }) => !forBackground);
  }

  /** Fills a slot with an instance that was loaded and warmed up. */
  adopt(index: number, instance: Instance): void {
    const slot = this.slots[index];
    if (slot === undefined) throw new RangeError(`no slot ${index}`);
    slot.instance = instance;
    slot.doomed = false;
    slot.restartAt = 0;
    void instance.exited.then((reason) => this.#onExit(slot, instance, reason));
  }

  /** Instances that are up, without those of the background. */
  get up(): number {
    return this.#online.reduce((count, slot) => count + (slot.instance === undefined ? 0 : 1), 0);
  }

  /** Why the last runner went. */
  get lastDeath(): string | Message {
    return this.#lastDeath;
  }

  /** How long no instance has been up, and what becomes of that; undefined while one is. */
  outage(): Outage | undefined {
    if (this.up > 0) return undefined;
    const now = this.#options.clock.now();
    return {
      reason: this.#lastDeath,
      downMs: now - this.#downSince,
      recoveryMs: Math.min(...this.#online.map((slot) => Math.max(0, slot.restartAt - now))),
    };
  }

  /** What dies from now on stays dead. */
  stopRestarts(): void {
    this.#restarts = false;
  }

  /** A batch ended well: what went wrong before counts no more. */
  healthy(slot: Slot): void {
    slot.deaths = 0;
  }

  /** Closes all instances; their runners end. One that still runs a batch runs it for nobody, and is killed. */
  async close(): Promise<void> {
    this.#closed = true;
    const closings = this.slots.map(({ instance, runs }) => {
      if (runs.length > 0) instance?.kill('its model was closed');
      return instance?.close().catch((error) => this.#report(error));
    });
    for (const slot of this.slots) slot.instance = undefined;
    await Promise.all(closings);
  }

  #onExit(slot: Slot, instance: Instance, reason: string | Message): void {
    if (slot.instance !== instance) return;
    slot.instance = undefined;
    this.#lastDeath = reason;
    if (this.#closed) return;
    if (this.up === 0) this.#downSince = this.#options.clock.now();
    if (this.#restarts) this.#scheduleRestart(slot);
    this.#options.onChange();
  }

  #scheduleRestart(slot: Slot): void {
    const { restartBackoffMs, maxRestartBackoffMs, clock } = this.#options;
    slot.deaths++;
    const backoffMs = Math.min(restartBackoffMs * 2 ** (slot.deaths - 1), maxRestartBackoffMs);
    slot.restartAt = clock.now() + backoffMs;
    clock.setTimer(backoffMs, () => void this.#restart(slot));
  }

  async #restart(slot: Slot): Promise<void> {
    slot.restartAt = 0;
    if (this.#closed || !this.#restarts) return;
    slot.restarts++;
    try {
      const instance = await this.#options.start(slot.index);
      if (this.#closed) await instance.close();
      else this.adopt(slot.index, instance);
    } catch (error) {
      if (this.#closed) return;
      this.#lastDeath = wordingOf(toMillraceError(error));
      this.#report(error);
      if (this.#restarts && !(error instanceof FilesChangedError)) this.#scheduleRestart(slot);
    }
    this.#options.onChange();
  }

  #report(error: unknown): void {
    this.#options.events.publish('diagnostic', {
      level: 'warn',
      room: 'engine',
      message: `an instance of model '${formatModelRef(this.#options.ref)}' could not be started or closed`,
      error,
    });
  }
}
