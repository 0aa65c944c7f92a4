import {
  type BatchReason,
  type Clock,
  type EventBus,
  keepAttempt,
  type Message,
  MillraceError,
  type ModelRef,
  msg,
  toMillraceError,
} from '../core/index.js';
import { type BatchTiming, type Emission, RunnerDiedError } from '../runtimes/index.js';
import type { AffinityTable } from './affinity.js';
import { createRun, markFailed, recordStreamTiming, recordTiming } from './batch-run.js';
import type { BatchingReview } from './batching/review.js';
import type { ReadySlot } from './choose-slot.js';
import { formBatch } from './form-batch.js';
import type { HoldUp } from './hold-up.js';
import type { Holdings } from './holdings.js';
import type { InstancePool, Run, Slot } from './instance-pool.js';
import type { Pending } from './pending.js';
import type { RequestQueue } from './request-queue.js';
import type { ResourceAccess } from './resource-limiter.js';
import { planRetries } from './retry.js';
import { watchRun } from './run-watch.js';
import { RunningMedian } from './running-median.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import { sequenceLost } from './sequences/check-sequence.js';
import type { StepEnd } from './sequences/sequence-table.js';
import type { Settlement } from './settlement.js';
import type { ShapeRules } from './shape-rules.js';
import type { StatisticsCounter } from './statistics.js';
import type { WaitLimits } from './wait-limits.js';

export interface DispatcherOptions {
  readonly ref: ModelRef;
  /** The model, for messages. */
  readonly mention: Message;
  readonly limits: SchedulerLimits;
  readonly rules: ShapeRules;
  readonly pool: InstancePool;
  readonly resources: ResourceAccess | undefined;
  readonly holdings: Holdings;
  readonly statistics: StatisticsCounter;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly queue: RequestQueue;
  readonly settlement: Settlement;
  readonly waits: WaitLimits;
  readonly batching: BatchingReview;
  readonly holdUp: HoldUp;
  /** undefined = any instance is as good as the others. */
  readonly affinity: AffinityTable | undefined;
  /** An instance has room, or the requests of a failed batch wait again. */
  readonly onRoom: (when: 'now' | 'soon') => void;
  /** A runner has died, and with it what it kept. */
  readonly onDeath: () => void;
  /** A member's turn at an instance is over. */
  readonly onStepEnd: (item: Pending, end: StepEnd) => void;
  /** A batch is done with, its answers included. */
  readonly onRunEnd: () => void;
}

/**
 * Sends batches to instances, and does what follows from their ends: answers, retries, refusals. What a failure means is
 * decided in `planRetries`.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #runMs = new RunningMedian();
  #lastBatchId = 0;
  #executing = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Requests inside batches, those that nobody waits for any more included. */
  get executing(): number {
    return this.#executing;
  }

  /** How long runs take, in milliseconds. */
  get medianRunMs(): number {
    return this.#runMs.value;
  }

  /** Sends a batch off; false when it has to wait for resources, which wakes the scheduler again. */
  dispatch(slot: ReadySlot, members: readonly Pending[], reason: BatchReason): boolean {
    const { resources, queue, settlement, limits, clock, affinity, batching, holdUp } = this.#options;
    const permit = resources?.take(members.flatMap(({ call }) => call.callers));
    if (resources !== undefined && permit === undefined) return false;
    const now = clock.now();
    const id = ++this.#lastBatchId;
    for (const item of members) {
      queue.remove(item, 'executing');
      item.runner = slot.instance;
      if (item.sequence !== undefined) item.sequence.running = true;
      const { timing } = item.call;
      timing.dequeuedAt = now;
      timing.batchId = id;
      timing.instance = slot.id;
      item.call.origin.hasRun = true;
    }
    settlement.dispatched(members);
    holdUp.sent(members, now);
    affinity?.sent(slot, members);
    this.#executing += members.length;
    if (reason === 'trial') batching.sentTrial();
    const run = createRun(members, { id, reason, permit, hadCompany: queue.length > 0 });
    slot.runs.push(run);
    if (slot.runs.length <= limits.concurrency) this.#begin(slot, run, now);
    this.#execute(slot, run).then(
      (timing) => this.#onDone(slot, run, timing),
      (error) => this.#onFailed(slot, run, error),
    );
    return true;
  }

  /** Sends off what a model waits for that has resources, and so might never give them back. */
  dispatchExempt(slot: ReadySlot, waiting: readonly Pending[]): boolean {
    const exempt = waiting.find(({ call }) => this.#options.resources?.exempts(call.callers));
    return exempt !== undefined && this.dispatch(slot, [exempt], 'single');
  }

  #execute({ instance }: ReadySlot, run: Run): Promise<BatchTiming> {
    try {
      const { rules, limits, clock } = this.#options;
      const contextAt = limits.wantsContext ? clock.now() : undefined;
      const batch = formBatch(run.members, { id: run.id, rules, contextAt });
      return instance.execute(batch, (emissions) => {
        this.#onEmissions(run, emissions);
        return undefined;
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #begin(slot: Slot, run: Run, now: number): void {
    const { limits, mention, clock, waits } = this.#options;
    run.startedAt = now;
    for (const item of run.members) waits.end(item);
    const { executionTimeoutMs: timeoutMs, decoupled } = limits;
    watchRun(run, slot, { mention, timeoutMs, decoupled, clock, onIdle: (error) => this.#endIdle(run, error) });
  }

  /** Streams of a batch gave no answer for too long; the others of their instance go on. */
  #endIdle(run: Run, error: MillraceError): void {
    for (const item of run.members) {
      if (!item.ended) item.runner?.cancel(item.callId);
      this.#options.settlement.end(item, error);
    }
  }

  #onEmissions(run: Run, emissions: readonly Emission[]): void {
    const { limits, settlement, clock } = this.#options;
    if (limits.sequences !== undefined) markFailed(run, emissions);
    if (!limits.decoupled) {
      run.emissions.push(...emissions);
      return;
    }
    for (const emission of emissions) {
      const item = emission.final ? run.members.find(({ callId }) => callId === emission.callId) : undefined;
      if (item?.ended === false) recordStreamTiming(item, run, clock.now());
      settlement.deliver(run.members, emission, 0);
    }
  }

  /** The batch is off the instance, one way or the other; the next one becomes the oldest. */
  #leave(slot: Slot, run: Run): void {
    run.timeout?.clear();
    run.permit?.release();
    slot.runs.splice(slot.runs.indexOf(run), 1);
    const next = slot.runs[0];
    if (next !== undefined && next.startedAt === 0) this.#begin(slot, next, this.#options.clock.now());
    this.#executing -= run.members.length;
    for (const item of run.members) if (item.place === 'executing') item.place = 'gone';
  }

  #onDone(slot: Slot, run: Run, timing: BatchTiming): void {
    const { mention, clock, pool, statistics, settlement, limits, batching, holdUp, onStepEnd, onRoom } = this.#options;
    const now = clock.now();
    const ms = now - run.startedAt;
    this.#leave(slot, run);
    pool.healthy(slot);
    this.#runMs.add(ms);
    batching.ended(run, ms);
    holdUp.ended(run, ms);
    statistics.batch(run.rows, timing, clock.wallNow());
    if (limits.sequences !== undefined) {
      for (const item of run.members) onStepEnd(item, item.failed ? 'failed' : 'done');
    }
    // The instance gets its next batch before this one's answers are written.
    onRoom('now');
    run.finishedAt = now;
    for (const item of run.members) if (!item.ended) recordTiming(item, run, timing);
    run.emissions.forEach((emission, index) => {
      settlement.deliver(run.members, emission, index);
    });
    for (const item of run.members) {
      if (!item.ended) settlement.end(item, new MillraceError('internal', msg`${mention} gave no answer`));
    }
    this.#finish(slot, run, undefined);
  }

  #onFailed(slot: Slot, run: Run, error: unknown): void {
    const { clock, mention, limits, queue, settlement, waits, batching, onDeath, onStepEnd, onRoom } = this.#options;
    const death = error instanceof RunnerDiedError ? error : undefined;
    // Only its first batch still sees the others.
    if (death?.started === true && !slot.doomed) markSharedDeath(slot);
    this.#leave(slot, run);
    batching.failed(run);
    const failure = toMillraceError(error);
    if (death !== undefined) {
      slot.doomed = true;
      onDeath();
    }
    const again = planRetries(run, death, limits);
    if (death?.started !== false) for (const item of again) item.alone = true;
    settlement.requeued(again);
    queue.pushFront(again);
    const ran = { startedAt: run.startedAt, finishedAt: clock.now(), batchRows: run.rows, batchReason: run.reason };
    for (const item of again) {
      waits.resume(item);
      keepAttempt(item.call.timing, failure, ran);
    }
    for (const item of run.members) {
      if (item.place === 'queued') {
        if (item.sequence !== undefined) item.sequence.running = false;
        continue;
      }
      onStepEnd(item, 'failed');
      const lost = death !== undefined && item.sequence !== undefined;
      settlement.end(item, lost ? sequenceLost(mention, item.sequence.id) : failure);
    }
    this.#finish(slot, run, failure);
    onRoom('soon');
  }

  #finish(slot: Slot, run: Run, error: MillraceError | undefined): void {
    const { events, ref, clock, holdings, onRunEnd } = this.#options;
    for (const item of run.members) if (item.place === 'gone') holdings.release(item.checked);
    events.publish('batchFinished', {
      ref,
      instance: slot.id,
      batchId: run.id,
      members: run.members,
      rows: run.rows,
      reason: run.reason,
      computeMs: run.startedAt === 0 ? 0 : clock.now() - run.startedAt,
      error,
    });
    onRunEnd();
  }
}

/** Notes on each request that ran in a dead runner whether others ran there, too. */
function markSharedDeath({ runs }: Slot): void {
  const begun = runs.filter(({ startedAt }) => startedAt !== 0).flatMap(({ members }) => members);
  const origins = new Set(begun.map(({ call }) => call.origin));
  for (const origin of origins) origin.diedWithOthers = origins.size > 1;
}
