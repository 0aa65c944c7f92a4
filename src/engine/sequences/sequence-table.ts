import {
  ANONYMOUS_OWNER,
  type Call,
  type Clock,
  type InferRequest,
  type Message,
  type Principal,
  type SequenceControl,
  type Timer,
} from '../../core/index.js';
import type { Slot } from '../instance-pool.js';
import type { Pending } from '../pending.js';
import type { BatchLimits } from '../plan-batch.js';
import { checkContinues, checkSequence, tooManySequences } from './check-sequence.js';
import { OwnedSequences } from './owned-sequences.js';
import type { Home, Sequence, SequenceLimits } from './sequence.js';

/** Lost sequences that are remembered, so that a caller that continues one learns what became of it. */
const MAX_LOST = 1024;

export interface SequenceTableOptions {
  readonly mention: Message;
  readonly limits: SequenceLimits;
  readonly batching: BatchLimits;
  readonly slots: readonly Slot[];
  readonly clock: Clock;
  /** A place became free by time: somebody may be waiting for it. */
  readonly onFree: () => void;
}

/** A request with the call that carries it: who owns its sequence. */
interface Step {
  readonly request: InferRequest;
  readonly call: Pick<Call, 'principal'>;
}

/** How a request of a sequence was over: it ran, well or not, or left the queue before it could. */
export type StepEnd = 'done' | 'failed' | 'dropped';

/**
 * The sequences of one loaded generation: which are running, where their states are, and whose turn it is. Each has at
 * most one request at an instance; its requests run in the order in which they came. An owner meets its own only: the same id of two
 * owners is two sequences.
 */
export class SequenceTable {
  readonly #options: SequenceTableOptions;
  readonly #sequences = new OwnedSequences();
  /** Without a place, in the order in which they came. */
  readonly #backlog = new Set<Sequence>();
  readonly #homes: readonly Home[];
  readonly #onOver: (() => void)[] = [];
  #look = 0;
  #idleTimer: Timer | undefined;

  constructor(options: SequenceTableOptions) {
    this.#options = options;
    this.#homes = options.slots.map(({ index }) => ({ index, instance: undefined, free: [] }));
  }

  /** Sequences that have not ended. */
  get active(): number {
    return this.#sequences.active;
  }

  /** Those of them that wait for a place. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** The owner has a sequence of that id to go on with, or had until its runner died. */
  holds(ownerId: string, id: string | bigint): boolean {
    const sequence = this.#known(ownerId, id);
    return sequence !== undefined && (sequence.lost || !sequence.ended);
  }

  /** Remembers what another table has lost, for those who go on with it once that table is closed. */
  rememberLost(other: SequenceTable): void {
    for (const sequence of other.#sequences.all()) {
      if (!sequence.lost || this.#sequences.get(sequence.ownerId, sequence.id) !== undefined) continue;
      const lost = { ...sequence, open: 0 };
      this.#sequences.add(lost);
      this.#rest(lost);
      if (this.#sequences.lost > MAX_LOST) this.#forgetLost();
    }
  }

  /** Refuses a request that cannot be one of a sequence here; throws `invalid_argument`, `unavailable` or `quota_exceeded`. */
  check({ request, call }: Step, rows: number): SequenceControl {
    const { mention, limits } = this.#options;
    const control = checkSequence({ mention, control: request.sequence, rows, idInput: limits.idInput });
    const { name, ownerId } = call.principal;
    const known = this.#known(ownerId, control.id);
    checkContinues(mention, control, known);
    const begins = known === undefined || known.lost;
    if (begins && ownerId !== ANONYMOUS_OWNER && this.#sequences.activeOf(ownerId) >= limits.maxPerPrincipal) {
      throw tooManySequences(mention, name, limits);
    }
    return control;
  }

  /** A request that was checked is accepted. */
  enter(control: SequenceControl, { ownerId }: Principal): Sequence {
    const { id, start, end } = control;
    let sequence = this.#sequences.get(ownerId, id);
    if (sequence === undefined || sequence.lost) {
      if (sequence !== undefined) this.#remove(sequence);
      sequence = {
        ownerId,
        id,
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
      this.#sequences.add(sequence);
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
    this.#sequences.clear();
    this.#backlog.clear();
    this.#checkOver();
  }

  /** An owner's sequence by its id, unless its time is over. */
  #known(ownerId: string, id: string | bigint): Sequence | undefined {
    const sequence = this.#sequences.get(ownerId, id);
    if (sequence === undefined || !this.#isOver(sequence)) return sequence;
    this.#remove(sequence);
    return undefined;
  }

  #isOver({ open, idleSince }: Sequence): boolean {
    return open === 0 && this.#options.clock.now() - idleSince >= this.#options.limits.maxIdleMs;
  }

  /** Nothing of it is open any more. */
  #rest(sequence: Sequence): void {
    if (this.#sequences.get(sequence.ownerId, sequence.id) !== sequence) return;
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
    for (const sequence of this.#sequences.all()) {
      if (this.#isOver(sequence)) this.#remove(sequence);
      else if (sequence.open === 0) oldest = Math.min(oldest, sequence.idleSince);
    }
    if (oldest !== Number.POSITIVE_INFINITY) {
      this.#idleTimer ??= clock.setTimer(Math.max(0, oldest + limits.maxIdleMs - clock.now()), () => this.#onIdle());
    }
    if (this.#backlog.size > 0) onFree();
  }

  #remove(sequence: Sequence): void {
    this.#sequences.remove(sequence);
    this.#backlog.delete(sequence);
    if (!sequence.lost) sequence.home?.free.push(sequence.slot);
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
    for (const sequence of this.#sequences.all()) {
      if (sequence.home !== home) continue;
      if (!sequence.begun && !sequence.running) {
        sequence.home = undefined;
        this.#backlog.add(sequence);
        continue;
      }
      lost = true;
      sequence.home = undefined;
      this.#sequences.lose(sequence);
      if (sequence.open === 0) this.#rest(sequence);
      if (this.#sequences.lost > MAX_LOST) this.#forgetLost();
    }
    this.#checkOver();
    return lost;
  }

  /** The one that was lost first, of those that nobody waits for. */
  #forgetLost(): void {
    for (const sequence of this.#sequences.all()) {
      if (!sequence.lost || sequence.open > 0) continue;
      this.#remove(sequence);
      return;
    }
  }

  #checkOver(): void {
    if (this.active === 0) for (const resolve of this.#onOver.splice(0)) resolve();
  }
}
