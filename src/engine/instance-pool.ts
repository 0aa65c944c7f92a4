import {
  type BatchReason,
  type Clock,
  type EventBus,
  formatModelRef,
  type ModelRef,
  type Timer,
  toMillraceError,
} from '../core/index.js';
import type { Emission, Instance } from '../runtimes/index.js';
import type { Pending } from './pending.js';
import type { Permit } from './resource-limiter.js';

/** A batch on an instance. */
export interface Run {
  readonly members: readonly Pending[];
  readonly rows: number;
  readonly reason: BatchReason;
  /** What it holds of the server's resources; undefined where its model needs none. */
  readonly permit: Permit | undefined;
  /** What came so far; passed on when the batch has ended well. */
  readonly emissions: Emission[];
  /** Clock time at which its instance could begin it; 0 while it waits behind another. */
  startedAt: number;
  finishedAt: number;
  /** It ran longer than allowed, and its runner was killed for that. */
  overdue: boolean;
  timeout: Timer | undefined;
}

/** A place for one instance: filled, empty after a death, or filled again. */
export interface Slot {
  readonly index: number;
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

export interface PoolOptions {
  readonly ref: ModelRef;
  readonly count: number;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly restartBackoffMs: number;
  readonly maxRestartBackoffMs: number;
  /** Loads the instance of one slot, warmed up. */
  readonly start: (index: number) => Promise<Instance>;
  /** Something about the slots has changed: an instance came or went. */
  readonly onChange: () => void;
}

/**
 * The instances of one loaded generation. Restarts the ones that die, later and later while they keep dying; the
 * first batch that ends well resets that. Forgets everything on `close`.
 */
export class InstancePool {
  readonly #options: PoolOptions;
  readonly slots: readonly Slot[];
  #lastDeath = '';
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      instance: undefined,
      doomed: false,
      runs: [],
      deaths: 0,
      restarts: 0,
      restartAt: 0,
    }));
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

  get up(): number {
    return this.slots.reduce((count, slot) => count + (slot.instance === undefined ? 0 : 1), 0);
  }

  /** Why the last runner went. */
  get lastDeath(): string {
    return this.#lastDeath;
  }

  /** Milliseconds until the next attempt to bring an instance back; 0 when one is up or being started. */
  recoveryMs(): number {
    if (this.up > 0) return 0;
    const now = this.#options.clock.now();
    return Math.min(...this.slots.map((slot) => Math.max(0, slot.restartAt - now)));
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

  #onExit(slot: Slot, instance: Instance, reason: string): void {
    if (slot.instance !== instance) return;
    slot.instance = undefined;
    this.#lastDeath = reason;
    if (this.#closed) return;
    this.#scheduleRestart(slot);
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
    if (this.#closed) return;
    slot.restartAt = 0;
    slot.restarts++;
    try {
      const instance = await this.#options.start(slot.index);
      if (this.#closed) await instance.close();
      else this.adopt(slot.index, instance);
    } catch (error) {
      if (this.#closed) return;
      this.#lastDeath = toMillraceError(error).message;
      this.#report(error);
      this.#scheduleRestart(slot);
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
