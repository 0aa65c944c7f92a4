import type { Clock, InferRequest, SequenceControl, Timer } from '../../core/index.js';
import type { Slot } from '../instance-pool.js';
import type { Pending } from '../pending.js';
import type { BatchLimits } from '../plan-batch.js';
import { checkContinues, checkSequence } from './check-sequence.js';
import type { Home, Sequence, SequenceLimits } from './sequence.js';

/** Lost sequences that are remembered, so that a caller that continues one learns what became of it. */
const MAX_LOST = 1024;

export interface SequenceTableOptions {
  readonly label: string;
  readonly limits: SequenceLimits;
  readonly batching: BatchLimits;
  readonly slots: readonly Slot[];
  readonly clock: Clock;
  /** A place became free by time: somebody may be waiting for it. */
  readonly onFree: () => void;
}

/** How a request of a sequence was over: it ran, well or not, or left the queue before it could. */
export type StepEnd = 'done' | 'failed' | 'dropped';

/**
 * The sequences of one loaded generation: which are running, where their states are, and whose turn it is. Each has at
 * most one request at an instance; its requests run in the order in which they came.
 */
export class SequenceTable {
  readonly #options: SequenceTableOptions;
  readonly #byId = new Map<string | bigint, Sequence>();
  /** Without a place, in the order in which they came. */
  readonly #backlog = new Set<Sequence>();
  readonly #homes: readonly Home[];
  readonly #onOver: (() => void)[] = [];
  #lost = 0;
  #look = 0;
  #idleTimer: Timer | undefined;

  constructor(options: SequenceTableOptions) {
    this.#options = options;
    this.#homes = options.slots.map(({ index }) => ({ index, instance: undefined, free: [] }));
  }

  /** Sequences that have not ended. */
  get active(): number {
    return this.#byId.size - this.#lost;
  }

  /** Those of them that wait for a place. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** There is a sequence of that id to go on with, or was until its runner died. */
  holds(id: string | bigint): boolean {
    const sequence = this.#known(id);
    return sequence !== undefined && (sequence.lost || !sequence.ended);
  }

  /** Remembers what another table has lost, for those who go on with it once that table is closed. */
  rememberLost(other: SequenceTable): void {
    for (const sequence of other.#byId.values()) {
      if (!sequence.lost || this.#byId.has(sequence.id)) continue;
      const lost = { ...sequence, open: 0 };
      this.#byId.set(lost.id, lost);
      this.#lost++;
      this.#rest(lost);
      if (this.#lost > MAX_LOST) this.#forgetLost();
    }
  }

  /** Refuses a request that cannot be one of a sequence here; throws `invalid_argument` or `unavailable`. */
  check(request: InferRequest, rows: number): SequenceControl {
    const { label, limits } = this.#options;
    const control = checkSequence({ label, control: request.sequence, rows, idInput: limits.idInput });
    checkContinues(label, control, this.#known(control.id));
    return control;
  }

  /** A request that was checked is accepted. */
  enter(control: SequenceControl): Sequence {
    const { id, start, end } = control;
    let sequence = this.#byId.get(id);
    if (sequence === undefined || sequence.lost) {
      if (sequence !== undefined) this.#remove(sequence);
      sequence = {
        id,
        tenant: undefined,
        home: undefined,
        slot: 0,
        open: 0,
        lastStart: undefined,
        running: false,
        begun: false,
        ended: false,
        lost: false,
        idleSince: 0,
        lookedAt: 0,
      };
      this.#byId.set(id, sequence);
      this.#backlog.add(sequence);
    }
    sequence.open++;
    if (start) sequence.lastStart = control;
    sequence.ended = end;
    return sequence;
  }

  /** Checks the instances: those that have died are forgotten with their states. Says whether sequences were lost. */
  refresh(): boolean {
    let lost = false;
    for (const home of this.#homes) {
      const slot = this.#options.slots[home.index];
      const instance = slot?.doomed ? undefined : slot?.instance;
      if (home.instance === instance) continue;
      if (home.instance !== undefined) lost = this.#lose(home) || lost;
      home.instance = instance;
      const count = this.#options.limits.slotsPerInstance;
      home.free = Array.from({ length: count }, (_, index) => count - 1 - index);
    }
    this.#place();
    return lost;
  }

  /** Of the waiting requests, in order, those that this instance could run now. */
  runnable(waiting: readonly Pending[], slot: Slot): readonly Pending[] {
    const look = ++this.#look;
    return waiting.filter(({ sequence }) => {
      if (sequence === undefined || sequence.lookedAt === look) return false;
      // Those behind the first one must wait for it, whatever keeps it.
      sequence.lookedAt = look;
      return sequence.home?.index === slot.index && !sequence.running;
    });
  }

  /** Direct scheduling waits for more only while too few of the places have something to run. */
  batchLimits(ready: number): BatchLimits {
    const { batching, limits } = this.#options;
    const share = limits.minSlotUtilization;
    if (share === undefined) return batching;
    return { ...batching, maxDelayMs: ready < share * limits.slotsPerInstance ? batching.maxDelayMs : 0 };
  }

  /**
   * A request of a sequence is over. Says whether those behind it have nothing to go on with: it should have started the
   * sequence, and did not.
   */
  stepEnded({ sequence, request }: Pending, end: StepEnd): boolean {
    if (sequence === undefined) return false;
    const start = request.sequence?.start === true;
    sequence.open--;
    if (end !== 'dropped') {
      sequence.running = false;
      sequence.begun = true;
    }
    const unstarted = start && end !== 'done' && !sequence.lost;
    // Unless a later one starts it, nothing may follow.
    if (unstarted && sequence.lastStart === request.sequence) sequence.ended = true;
    if (sequence.open === 0) this.#rest(sequence);
    return unstarted;
  }

  /** Resolves when no sequence is left, at the latest in `maxMs`. */
  over(maxMs: number): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(maxMs, resolve);
      this.#onOver.push(() => {
        timer.clear();
        resolve();
      });
    });
  }

  /** Forgets everything. */
  close(): void {
    this.#idleTimer?.clear();
    this.#idleTimer = undefined;
    this.#byId.clear();
    this.#backlog.clear();
    this.#lost = 0;
    this.#checkOver();
  }

  /** A sequence by its id, unless its time is over. */
  #known(id: string | bigint): Sequence | undefined {
    const sequence = this.#byId.get(id);
    if (sequence === undefined || !this.#isOver(sequence)) return sequence;
    this.#remove(sequence);
    return undefined;
  }

  #isOver({ open, idleSince }: Sequence): boolean {
    return open === 0 && this.#options.clock.now() - idleSince >= this.#options.limits.maxIdleMs;
  }

  /** Nothing of it is open any more. */
  #rest(sequence: Sequence): void {
    if (this.#byId.get(sequence.id) !== sequence) return;
    if (sequence.ended || (sequence.home === undefined && !sequence.lost)) {
      this.#remove(sequence);
      return;
    }
    sequence.idleSince = this.#options.clock.now();
    this.#idleTimer ??= this.#options.clock.setTimer(this.#options.limits.maxIdleMs, () => this.#onIdle());
  }

  /** One timer for all: what has shown life meanwhile is checked again later. */
  #onIdle(): void {
    const { clock, limits, onFree } = this.#options;
    this.#idleTimer = undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (const sequence of this.#byId.values()) {
      if (this.#isOver(sequence)) this.#remove(sequence);
      else if (sequence.open === 0) oldest = Math.min(oldest, sequence.idleSince);
    }
    if (oldest !== Number.POSITIVE_INFINITY) {
      this.#idleTimer ??= clock.setTimer(Math.max(0, oldest + limits.maxIdleMs - clock.now()), () => this.#onIdle());
    }
    if (this.#backlog.size > 0) onFree();
  }

  #remove(sequence: Sequence): void {
    this.#byId.delete(sequence.id);
    this.#backlog.delete(sequence);
    if (sequence.lost) this.#lost--;
    else sequence.home?.free.push(sequence.slot);
    sequence.home = undefined;
    this.#checkOver();
  }

  /** Gives the free places to those that wait, in turn to the instance that has the most of them. */
  #place(): void {
    for (const sequence of this.#backlog) {
      let best: Home | undefined;
      for (const home of this.#homes) {
        if (home.instance !== undefined && home.free.length > (best?.free.length ?? 0)) best = home;
      }
      const slot = best?.free.pop();
      if (best === undefined || slot === undefined) return;
      sequence.home = best;
      sequence.slot = slot;
      this.#backlog.delete(sequence);
    }
  }

  #lose(home: Home): boolean {
    let lost = false;
    for (const sequence of this.#byId.values()) {
      if (sequence.home !== home) continue;
      if (!sequence.begun && !sequence.running) {
        sequence.home = undefined;
        this.#backlog.add(sequence);
        continue;
      }
      lost = true;
      sequence.home = undefined;
      sequence.lost = true;
      this.#lost++;
      if (sequence.open === 0) this.#rest(sequence);
      if (this.#lost > MAX_LOST) this.#forgetLost();
    }
    this.#checkOver();
    return lost;
  }

  /** The one that was lost first, of those that nobody waits for. */
  #forgetLost(): void {
    for (const sequence of this.#byId.values()) {
      if (!sequence.lost || sequence.open > 0) continue;
      this.#remove(sequence);
      return;
    }
  }

  #checkOver(): void {
    if (this.active === 0) for (const resolve of this.#onOver.splice(0)) resolve();
  }
}
