import {
  type BatchReason,
  type ByteBudget,
  type Clock,
  type EventBus,
  MillraceError,
  type ModelRef,
  type Timer,
  toMillraceError,
} from '../core/index.js';
import { type BatchTiming, type Emission, RunnerDiedError } from '../runtimes/index.js';
import {
  bytesFull,
  chooseLevel,
  MAX_OUTAGE_WAIT_MS,
  type Outage,
  type QueuePolicy,
  queueFull,
  refuseWhileDown,
} from './admission.js';
import { createRun, markFailed, recordStreamTiming, recordTiming, runsAlone } from './batch-run.js';
import { checkRequest } from './check-request.js';
import { chooseSlot, sentAhead } from './choose-slot.js';
import { formBatch } from './form-batch.js';
import type { InstancePool, Run, Slot } from './instance-pool.js';
import { createPending, type Pending } from './pending.js';
import { planBatch } from './plan-batch.js';
import { RequestQueue } from './request-queue.js';
import type { ResourceAccess } from './resource-limiter.js';
import { planRetries } from './retry.js';
import { watchRun } from './run-watch.js';
import { RunningMedian } from './running-median.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import { sequenceLost, startFailed } from './sequences/check-sequence.js';
import { SequenceTable, type StepEnd } from './sequences/sequence-table.js';
import { Settlement } from './settlement.js';
import type { ShapeRules } from './shape-rules.js';
import type { StatisticsCounter } from './statistics.js';
import type { Grant, Submission } from './types.js';
import { WaitLimits } from './wait-limits.js';

/** How far planning looks past requests of another shape, at least. */
const LOOKAHEAD = 256;
const NO_GRANT: Grant = () => undefined;

export interface SchedulerOptions {
  readonly ref: ModelRef;
  readonly label: string;
  readonly limits: SchedulerLimits;
  readonly rules: ShapeRules;
  readonly pool: InstancePool;
  /** What its batches have to wait for besides an instance; undefined = nothing. */
  readonly resources?: ResourceAccess | undefined;
  readonly budget: ByteBudget;
  readonly statistics: StatisticsCounter;
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Queue and batches of one loaded generation. Every accepted request ends exactly once, whatever becomes
 * of its batch; what a batch does is decided in `planBatch`, what a failure means in `planRetries`.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue: RequestQueue;
  readonly #runMs = new RunningMedian();
  readonly #settlement: Settlement;
  readonly #waits: WaitLimits;
  /** Present where requests come in sequences. */
  readonly sequences: SequenceTable | undefined;
  #nextId = 1;
  #executing = 0;
  #pumpScheduled = false;
  /** Takes what waits once no instance is left. */
  #heir: ((submission: Submission) => Grant) | undefined;
  #delayTimer: Timer | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#queue = new RequestQueue();
    const { ref, rules, limits, statistics, clock } = options;
    const { preserveOrder, decoupled } = limits;
    // Streams keep their instance while they wait for their turn, and sequences their place.
    const ordersAtDispatch = decoupled || limits.sequences !== undefined;
    this.#settlement = new Settlement({ ref, rules, preserveOrder, decoupled, ordersAtDispatch, statistics, clock });
    this.#waits = new WaitLimits({
      label: options.label,
      clock,
      policyOf: (level) => this.#policyOf(level),
      onOver: (item, error) => this.#onCancel(item, error),
      onDelayed: (item) => {
        this.#queue.delay(item);
        this.schedule();
      },
    });
    this.sequences =
      limits.sequences &&
      new SequenceTable({
        label: options.label,
        limits: limits.sequences,
        batching: limits.batching,
        slots: options.pool.slots,
        clock,
        onFree: () => this.schedule(),
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
    return this.#executing;
  }

  /** Admits a request to the queue, or ends it at once with the reason. Never throws. */
  submit(submission: Submission): Grant {
    let item: Pending;
    try {
      item = this.#admit(submission);
    } catch (error) {
      submission.sink.onEnd(toMillraceError(error));
      return NO_GRANT;
    }
    this.#settlement.accept(item);
    this.#queue.push(item);
    submission.call.onCancel((reason) => this.#onCancel(item, reason));
    this.schedule();
    if (!this.#options.limits.decoupled) return NO_GRANT;
    return (answers) => this.#grant(item, answers);
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
    if (this.#queue.length === 0 && this.#executing === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Resolves when nobody waits for an answer; batches may still be computing for callers that have left. */
  settled(): Promise<void> {
    return this.#settlement.settled();
  }

  /** No instance will start again: once the last is gone, `take` gets what waits, in order. */
  retire(take: (submission: Submission) => Grant): void {
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

  #admit(submission: Submission): Pending {
    const { request, call } = submission;
    const { label, limits, rules, pool, budget, clock } = this.#options;
    if (call.cancelled !== undefined) throw call.cancelled;
    const checked = submission.checked ?? checkRequest(rules.request, request);
    const down = refuseWhileDown(label, pool.outage());
    if (down !== undefined) throw down;
    // Priorities would change the order of a sequence.
    const priority = this.sequences === undefined ? request.priority : 0;
    const levels = limits.policies.length;
    const level = chooseLevel(priority, levels, limits.defaultLevel);
    const policy = this.#policyOf(level);
    // Requests that an instance would take at once do not wait, so they must not fill the queue.
    const isFull = () => this.#queue.lengthOfLevel(level) + sentAhead(pool.slots, level, levels) >= policy.maxRequests;
    if (isFull()) this.#pump();
    if (isFull()) throw queueFull(label, policy);
    const control = this.sequences?.check(request, checked.rows);
    const full = budget.take(checked.sizeBytes);
    if (full !== undefined) throw bytesFull(full, checked.sizeBytes);

    // What comes from another generation has waited there.
    const now = call.timing.enqueuedAt || clock.now();
    call.timing.enqueuedAt = now;
    const sequence = control && this.sequences?.enter(control);
    const item = createPending(submission, { callId: this.#nextId++, checked, level, now, sequence });
    this.#waits.begin(item);
    return item;
  }

  #policyOf(level: number): QueuePolicy {
    return this.#options.limits.policies.at(level - 1) as QueuePolicy;
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
    this.#settlement.end(item, reason);
  }

  #pump(): void {
    this.#delayTimer?.clear();
    this.#delayTimer = undefined;
    if (this.sequences !== undefined) this.#loseSequences(this.sequences);
    if (this.#queue.length === 0) return;
    const outage = this.#options.pool.outage();
    if (outage !== undefined) this.#sitOut(outage);
    else if (this.sequences !== undefined) this.#pumpSequences(this.sequences);
    else this.#pumpQueue();
  }

  #pumpQueue(): void {
    const { limits, clock, pool } = this.#options;
    const { batching, maxRows } = limits.batching;
    while (this.#queue.length > 0) {
      const slot = chooseSlot(pool.slots, limits, this.#runMs.value);
      if (slot === undefined) return;
      const candidates = this.#queue.peek(batching ? Math.max(LOOKAHEAD, maxRows) : 1);
      // Whatever may bring the runner down gets it for itself.
      if (slot.runs.length > 0 && (candidates[0]?.alone || slot.runs.some(runsAlone))) return;
      const plan = planBatch(candidates, limits.batching, clock.now());
      if (plan.kind === 'wait') {
        this.#delayTimer = clock.setTimer(plan.at - clock.now(), () => this.#pump());
        return;
      }
      const members = plan.picked.map((index) => candidates[index] as Pending);
      if (this.#dispatch(slot, members, plan.reason)) continue;
      if (!this.#dispatchExempt(slot, this.#queue.all())) return;
    }
  }

  /** While no instance is up, requests wait as long as that is worthwhile, or go where they need not. */
  #sitOut(outage: Outage): void {
    const { label, clock } = this.#options;
    if (this.#heir !== undefined) {
      this.#handOver(this.#heir);
      return;
    }
    const down = refuseWhileDown(label, outage);
    if (down === undefined) {
      this.#delayTimer = clock.setTimer(MAX_OUTAGE_WAIT_MS - outage.downMs, () => this.#pump());
      return;
    }
    for (const item of this.#queue.all()) if (item.place === 'queued') this.#refuse(item, down);
  }

  #handOver(take: (submission: Submission) => Grant): void {
    for (const item of this.#queue.all()) {
      // A sink that learns of an end may end other requests.
      if (item.place !== 'queued') continue;
      this.#leaveQueue(item);
      this.sequences?.stepEnded(item, 'dropped');
      this.#settlement.withdraw(item);
      const { request, call, sink, alone, kills } = item;
      item.moved = take({ request, call, sink, ...(alone ? { suspect: { kills } } : {}) });
    }
    this.#checkIdle();
  }

  /** Each instance runs what its own sequences have waiting, one request of each at a time. */
  #pumpSequences(sequences: SequenceTable): void {
    const { limits, pool, clock } = this.#options;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const slot of pool.slots) {
      while (slot.instance !== undefined && !slot.doomed && slot.runs.length < limits.concurrency) {
        const candidates = sequences.runnable(this.#queue.all(), slot);
        if (candidates.length === 0) break;
        const plan = planBatch(candidates, sequences.batchLimits(candidates.length), clock.now());
        if (plan.kind === 'wait') {
          wakeAt = Math.min(wakeAt, plan.at);
          break;
        }
        const members = plan.picked.map((index) => candidates[index] as Pending);
        if (this.#dispatch(slot, members, plan.reason)) continue;
        if (!this.#dispatchExempt(slot, candidates)) break;
      }
    }
    if (wakeAt === Number.POSITIVE_INFINITY) return;
    this.#delayTimer = clock.setTimer(wakeAt - clock.now(), () => this.#pump());
  }

  /** Ends what waits for sequences whose runner is gone. */
  #loseSequences(sequences: SequenceTable): void {
    if (!sequences.refresh()) return;
    for (const item of this.#queue.all()) {
      // A sink that learns of an end may end other requests.
      if (item.place === 'queued' && item.sequence?.lost)
        this.#refuse(item, sequenceLost(this.#options.label, item.sequence.id));
    }
  }

  /** A step is over; those behind a start that failed have nothing to go on with. */
  #endStep(item: Pending, end: StepEnd): void {
    const { sequence } = item;
    if (sequence === undefined || !this.sequences?.stepEnded(item, end)) return;
    for (const other of this.#queue.all()) {
      if (other.sequence !== sequence || other.callId < item.callId || other.place !== 'queued') continue;
      if (other.request.sequence?.start) return;
      this.#refuse(other, startFailed(this.#options.label, sequence.id));
    }
  }

  /** Sends off what a model waits for that has resources, and so might never give them back. */
  #dispatchExempt(slot: Slot, waiting: readonly Pending[]): boolean {
    const exempt = waiting.find(({ call }) => this.#options.resources?.exempts(call.callers));
    return exempt !== undefined && this.#dispatch(slot, [exempt], 'single');
  }

  /** Sends a batch off; false when it has to wait for resources, which wakes this scheduler again. */
  #dispatch(slot: Slot, members: readonly Pending[], reason: BatchReason): boolean {
    const { resources } = this.#options;
    const permit = resources?.take(members.flatMap(({ call }) => call.callers));
    if (resources !== undefined && permit === undefined) return false;
    const now = this.#options.clock.now();
    for (const item of members) {
      this.#queue.remove(item, 'executing');
      item.runner = slot.instance;
      if (item.sequence !== undefined) item.sequence.running = true;
      item.call.timing.dequeuedAt = now;
    }
    this.#settlement.dispatched(members);
    this.#executing += members.length;
    const run = createRun(members, reason, permit);
    slot.runs.push(run);
    if (slot.runs.length <= this.#options.limits.concurrency) this.#begin(slot, run, now);
    this.#execute(slot, run).then(
      (timing) => this.#onDone(slot, run, timing),
      (error) => this.#onFailed(slot, run, error),
    );
    return true;
  }

  #execute(slot: Slot, run: Run): Promise<BatchTiming> {
    const { instance } = slot;
    if (instance === undefined) return Promise.reject(new RunnerDiedError('the instance is gone', { started: false }));
    try {
      const { rules, limits, clock } = this.#options;
      const contextAt = limits.wantsContext ? clock.now() : undefined;
      const batch = formBatch(run.members, { id: this.#nextId++, rules, contextAt });
      return instance.execute(batch, (emissions) => this.#onEmissions(run, emissions));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #begin(slot: Slot, run: Run, now: number): void {
    run.startedAt = now;
    for (const item of run.members) this.#waits.end(item);
    const { limits, label, clock } = this.#options;
    const { executionTimeoutMs: timeoutMs, decoupled } = limits;
    watchRun(run, slot.instance, { label, timeoutMs, decoupled, clock });
  }

  #onEmissions(run: Run, emissions: readonly Emission[]): void {
    if (this.sequences !== undefined) markFailed(run, emissions);
    if (!this.#options.limits.decoupled) {
      run.emissions.push(...emissions);
      return;
    }
    for (const emission of emissions) {
      const item = emission.final ? run.members.find(({ callId }) => callId === emission.callId) : undefined;
      if (item?.ended === false) recordStreamTiming(item, run, this.#options.clock.now());
      this.#settlement.deliver(run.members, emission, 0);
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
    const { clock, pool, statistics } = this.#options;
    const now = clock.now();
    this.#leave(slot, run);
    pool.healthy(slot);
    this.#runMs.add(now - run.startedAt);
    statistics.batch(run.rows, timing, clock.wallNow());
    if (this.sequences !== undefined) {
      for (const item of run.members) this.#endStep(item, item.failed ? 'failed' : 'done');
    }
    // The instance gets its next batch before this one's answers are written.
    this.#pump();
    run.finishedAt = now;
    for (const item of run.members) if (!item.ended) recordTiming(item, run, timing);
    run.emissions.forEach((emission, index) => {
      this.#settlement.deliver(run.members, emission, index);
    });
    for (const item of run.members) {
      if (!item.ended)
        this.#settlement.end(item, new MillraceError('internal', `model '${this.#options.label}' gave no answer`));
    }
    this.#finishRun(slot, run, undefined);
  }

  #onFailed(slot: Slot, run: Run, error: unknown): void {
    this.#leave(slot, run);
    const failure = toMillraceError(error);
    const death = error instanceof RunnerDiedError ? error : undefined;
    if (death !== undefined) {
      slot.doomed = true;
      if (this.sequences !== undefined) this.#loseSequences(this.sequences);
    }
    const again = planRetries(run, death, this.#options.limits);
    if (death?.started !== false) for (const item of again) item.alone = true;
    this.#settlement.requeued(again);
    this.#queue.pushFront(again);
    for (const item of again) this.#waits.resume(item);
    for (const item of run.members) {
      if (item.place === 'queued') {
        if (item.sequence !== undefined) item.sequence.running = false;
        continue;
      }
      this.#endStep(item, 'failed');
      const lost = death !== undefined && item.sequence !== undefined;
      this.#settlement.end(item, lost ? sequenceLost(this.#options.label, item.sequence.id) : failure);
    }
    this.#finishRun(slot, run, failure);
    this.schedule();
  }

  #finishRun(slot: Slot, run: Run, error: MillraceError | undefined): void {
    const { events, ref, clock, budget } = this.#options;
    for (const item of run.members) if (item.place === 'gone') budget.release(item.checked.sizeBytes);
    events.publish('batchFinished', {
      ref,
      instance: `${this.#options.label}#${slot.index}`,
      items: run.members.length,
      rows: run.rows,
      reason: run.reason,
      computeMs: run.startedAt === 0 ? 0 : clock.now() - run.startedAt,
      error,
    });
    this.#checkIdle();
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
    this.#options.budget.release(item.checked.sizeBytes);
    if (this.#queue.length === 0) this.#options.resources?.withdraw();
  }

  #checkIdle(): void {
    if (this.#queue.length > 0 || this.#executing > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
