import {
  type Clock,
  type EventBus,
  type Message,
  type MillraceError,
  type ModelRef,
  type Timer,
  toMillraceError,
} from '../core/index.js';
import { MAX_OUTAGE_WAIT_MS, ModelDownError, type Outage, refuseWhileDown } from './admission.js';
import { AffinityTable } from './affinity.js';
import { recordLeaver } from './batch-run.js';
import { type BatchingReview, fixedBatching } from './batching/review.js';
import { Dispatcher, type DispatcherOptions } from './dispatcher.js';
import type { Fairness } from './fairness/fair-share.js';
import { createFeed, type Feed } from './feed.js';
import { HoldUp } from './hold-up.js';
import type { Holdings } from './holdings.js';
import type { InstancePool } from './instance-pool.js';
import { type Pending, suspectOf } from './pending.js';
import { policyOf, QueueGate } from './queue-gate.js';
import { RequestQueue } from './request-queue.js';
import type { ResourceAccess } from './resource-limiter.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import { sequenceLost, startFailed } from './sequences/check-sequence.js';
import { SequenceTable, type StepEnd } from './sequences/sequence-table.js';
import { Settlement } from './settlement.js';
import type { ShapeRules } from './shape-rules.js';
import type { StatisticsCounter } from './statistics.js';
import { type GrantCredit, NO_CREDIT, type Submission } from './types.js';
import { WaitLimits } from './wait-limits.js';

export interface SchedulerOptions {
  readonly ref: ModelRef;
  readonly mention: Message;
  readonly limits: SchedulerLimits;
  readonly rules: ShapeRules;
  readonly pool: InstancePool;
  /** What its batches have to wait for besides an instance; undefined = nothing. */
  readonly resources?: ResourceAccess | undefined;
  readonly holdings: Holdings;
  /** Default: as the limits say, for good. */
  readonly batching?: BatchingReview;
  /** Default: principals, all of the same weight. */
  readonly fairness?: Fairness;
  readonly statistics: StatisticsCounter;
  readonly clock: Clock;
  readonly events: EventBus;
}

const BETWEEN_PRINCIPALS: Fairness = { between: 'principals' };

/**
 * Queue and batches of one loaded generation. Every accepted request ends exactly once, whatever becomes
 * of its batch; what a batch does is decided in `planBatch`, what a failure means in `planRetries`.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue: RequestQueue;
  readonly #settlement: Settlement;
  readonly #waits: WaitLimits;
  readonly #gate: QueueGate;
  readonly #dispatcher: Dispatcher;
  readonly #feed: Feed;
  /** Present where requests come in sequences. */
  readonly sequences: SequenceTable | undefined;
  #pumpScheduled = false;
  /** Takes what waits once no instance is left. */
  #heir: ((submission: Submission) => GrantCredit) | undefined;
  #delayTimer: Timer | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#queue = new RequestQueue();
    const { ref, rules, limits, statistics, clock, events } = options;
    const { preserveOrder, decoupled } = limits;
    // Streams keep their instance while they wait for their turn, and sequences their place.
    const ordersAtDispatch = decoupled || limits.sequences !== undefined;
    this.#settlement = new Settlement({
      ref,
      rules,
      preserveOrder,
      decoupled,
      ordersAtDispatch,
      statistics,
      clock,
      events,
    });
    this.#waits = new WaitLimits({
      mention: options.mention,
      clock,
      policyOf: (level) => policyOf(limits, level),
      onOver: (item, error) => this.#onCancel(item, error),
      onDelayed: (item) => {
        this.#queue.delay(item);
        this.schedule();
      },
    });
    this.sequences =
      limits.sequences &&
      new SequenceTable({
        mention: options.mention,
        limits: limits.sequences,
        batching: limits.batching,
        slots: options.pool.slots,
        clock,
        onFree: () => this.schedule(),
      });
    this.#gate = new QueueGate({
      ...options,
      queue: this.#queue,
      sequences: this.sequences,
      waits: this.#waits,
      fairness: options.fairness ?? BETWEEN_PRINCIPALS,
      makeRoom: () => this.#pump(),
      displace: (item, error) => this.#refuse(item, error),
    });
    // Steps of a sequence go where its state is.
    const affinity = limits.affinity && this.sequences === undefined ? new AffinityTable() : undefined;
    const { batching = fixedBatching(limits.batching) } = options;
    const holdUp = new HoldUp();
    const dispatcher = this.#createDispatcher({ affinity, batching, holdUp });
    this.#dispatcher = dispatcher;
    this.#feed = createFeed(
      { queue: this.#queue, pool: options.pool, limits, clock, dispatcher, batching, affinity, holdUp },
      this.sequences,
    );
  }

  #createDispatcher(parts: Pick<DispatcherOptions, 'affinity' | 'batching' | 'holdUp'>): Dispatcher {
    return new Dispatcher({
      ...this.#options,
      resources: this.#options.resources,
      queue: this.#queue,
      settlement: this.#settlement,
      waits: this.#waits,
      ...parts,
      onRoom: (when) => (when === 'now' ? this.#pump() : this.schedule()),
      onDeath: () => {
        if (this.sequences !== undefined) this.#loseSequences(this.sequences);
      },
      onStepEnd: (item, end) => this.#endStep(item, end),
      onRunEnd: () => this.#checkIdle(),
    });
  }

  get queuedRequests(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queue.sizeBytes;
  }

  /** Requests inside batches, those that nobody waits for any more included. */
  get executingRequests(): number {
    return this.#dispatcher.executing;
  }

  /** Admits a request to the queue, or ends it at once with the reason. Never throws. */
  submit(submission: Submission): GrantCredit {
    let item: Pending;
    try {
      item = this.#gate.admit(submission);
    } catch (error) {
      submission.sink.onEnd(toMillraceError(error));
      return NO_CREDIT;
    }
    this.#settlement.accept(item);
    this.#queue.push(item);
    submission.call.onCancel((reason) => this.#onCancel(item, reason));
    this.schedule();
    if (!this.#options.limits.decoupled) return NO_CREDIT;
    return (answers) => this.#grant(item, answers);
  }

  /** See {@link QueueGate.checkRoom}. */
  checkRoom(submission: Submission, preparing: number): void {
    this.#gate.checkRoom(submission, preparing);
  }

  /** See {@link QueueGate.hasSpareRoom}. */
  hasSpareRoom(submission: Submission): boolean {
    return this.#gate.hasSpareRoom(submission);
  }

  /** Schedules soon: once everything that has arrived by now is in the queue. */
  schedule(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    this.#options.clock.defer(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  /** Schedules now: what it had to wait for may be there. */
  retry(): void {
    this.#pump();
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.#queue.length === 0 && this.#dispatcher.executing === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Resolves when nobody waits for an answer; batches may still be computing for callers that have left. */
  settled(): Promise<void> {
    return this.#settlement.settled();
  }

  /** No instance will start again: once the last is gone, `take` gets what waits, in order. */
  retire(take: (submission: Submission) => GrantCredit): void {
    this.#heir = take;
    this.#pump();
  }

  /** Ends everything that is not settled yet. */
  abort(error: MillraceError): void {
    for (const item of this.#queue.all()) if (item.place === 'queued') this.#refuse(item, error);
    for (const slot of this.#options.pool.slots) {
      for (const item of slot.runs.flatMap((run) => run.members)) {
        if (!item.ended) item.runner?.cancel(item.callId);
        this.#settlement.end(item, error);
      }
    }
    this.sequences?.close();
  }

  #grant(item: Pending, answers: number): void {
    item.moved?.(answers);
    if (item.ended) return;
    item.credit += answers;
    item.lastSignAt = this.#options.clock.now();
    item.runner?.grant(item.callId, answers);
  }

  #onCancel(item: Pending, reason: MillraceError): void {
    if (item.place === 'queued') {
      this.#refuse(item, reason);
      return;
    }
    item.runner?.cancel(item.callId);
    const { pool, clock } = this.#options;
    if (!item.ended) recordLeaver(item, pool.slots, clock.now());
    this.#settlement.end(item, reason);
  }

  #pump(): void {
    this.#delayTimer?.clear();
    this.#delayTimer = undefined;
    if (this.sequences !== undefined) this.#loseSequences(this.sequences);
    if (this.#queue.length === 0) return;
    const outage = this.#options.pool.outage();
    if (outage !== undefined) {
      this.#sitOut(outage);
      return;
    }
    const wakeAt = this.#feed();
    if (wakeAt === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    this.#delayTimer = clock.setTimer(wakeAt - clock.now(), () => this.#pump());
  }

  /** While no instance is up, requests wait as long as that is worthwhile, or go where they need not. */
  #sitOut(outage: Outage): void {
    const { mention, clock } = this.#options;
    if (this.#heir !== undefined) {
      this.#handOver(this.#heir);
      return;
    }
    this.#letMove(outage);
    if (this.#queue.length === 0) return;
    const down = refuseWhileDown(mention, outage);
    if (down === undefined) {
      this.#delayTimer = clock.setTimer(MAX_OUTAGE_WAIT_MS - outage.downMs, () => this.#pump());
      return;
    }
    for (const item of this.#queue.all()) if (item.place === 'queued') this.#refuse(item, down);
  }

  /** Ends those that something else runs. */
  #letMove(outage: Outage): void {
    const down = refuseWhileDown(this.#options.mention, outage, true);
    if (down === undefined) return;
    for (const item of this.#queue.all()) {
      if (item.place === 'queued' && item.movesOn) this.#refuse(item, new ModelDownError(down, suspectOf(item)));
    }
  }

  #handOver(take: (submission: Submission) => GrantCredit): void {
    for (const item of this.#queue.all()) {
      // A sink that learns of an end may end other requests.
      if (item.place !== 'queued') continue;
      this.#leaveQueue(item);
      this.sequences?.stepEnded(item, 'dropped');
      this.#settlement.withdraw(item);
      const { request, call, sink, movesOn } = item;
      const suspect = suspectOf(item);
      item.moved = take({ request, call, sink, movesOn, ...(suspect && { suspect }) });
    }
    this.#checkIdle();
  }

  /** Ends what waits for sequences whose runner is gone. */
  #loseSequences(sequences: SequenceTable): void {
    if (!sequences.refresh()) return;
    for (const item of this.#queue.all()) {
      // A sink that learns of an end may end other requests.
      if (item.place === 'queued' && item.sequence?.lost)
        this.#refuse(item, sequenceLost(this.#options.mention, item.sequence.id));
    }
  }

  /** A step is over; those behind a start that failed have nothing to go on with. */
  #endStep(item: Pending, end: StepEnd): void {
    const { sequence } = item;
    if (sequence === undefined || !this.sequences?.stepEnded(item, end)) return;
    for (const other of this.#queue.all()) {
      if (other.sequence !== sequence || other.callId < item.callId || other.place !== 'queued') continue;
      if (other.request.sequence?.start) return;
      this.#refuse(other, startFailed(this.#options.mention, sequence.id));
    }
  }

  /** Takes a waiting request out of the queue and ends it. */
  #refuse(item: Pending, error: MillraceError): void {
    this.#leaveQueue(item);
    this.#settlement.end(item, error);
    this.#endStep(item, 'dropped');
    // Those that it kept waiting may form a batch without it.
    this.schedule();
    this.#checkIdle();
  }

  #leaveQueue(item: Pending): void {
    this.#queue.remove(item, 'gone');
    this.#options.holdings.release(item.checked);
    if (this.#queue.length === 0) this.#options.resources?.withdraw();
  }

  #checkIdle(): void {
    if (this.#queue.length > 0 || this.#dispatcher.executing > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
