import { ANONYMOUS_OWNER, type CallPriority, type Clock } from '../core/index.js';
import { chooseLevel } from './admission.js';
import type { AffinityTable } from './affinity.js';
import { runsAlone } from './batch-run.js';
import type { BatchingReview } from './batching/review.js';
import { chooseSlot, freePlaces, hasRoom } from './choose-slot.js';
import { companyLimits, isWorthCompany } from './company.js';
import type { Dispatcher } from './dispatcher.js';
import { EVERYBODY } from './fairness/fair-share.js';
import type { HoldUp } from './hold-up.js';
import type { InstancePool, Slot } from './instance-pool.js';
import type { Pending } from './pending.js';
import { type BatchLimits, planBatch } from './plan-batch.js';
import { policyOf } from './queue-gate.js';
import type { RequestQueue } from './request-queue.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import type { SequenceTable } from './sequences/sequence-table.js';

/** How far planning looks past requests of another shape, at least. */
const LOOKAHEAD = 256;

export interface FeedOptions {
  readonly queue: RequestQueue;
  readonly pool: InstancePool;
  readonly limits: SchedulerLimits;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly batching: BatchingReview;
  readonly holdUp: HoldUp;
  /** undefined = any instance is as good as the others. */
  readonly affinity: AffinityTable | undefined;
}

/**
 * Sends off whatever can run now. Returns the clock time at which it has to be called again if nothing has changed until
 * then; Infinity = what changes will call it.
 */
export type Feed = () => number;

/** The way in which requests of a model get to its instances: each for itself, or as steps of sequences. */
export function createFeed(options: FeedOptions, sequences: SequenceTable | undefined): Feed {
  if (sequences !== undefined) return () => feedSequences(options, sequences);
  const [all, ofBackground] = sharesOf(options.pool.slots);
  if (ofBackground === undefined) return () => feedQueue(options, all);
  return () => Math.min(feedQueue(options, all), feedQueue(options, ofBackground));
}

/** Instances of a model, and the requests that they run. */
interface Share {
  readonly slots: readonly Slot[];
  /** undefined = all. */
  readonly priority: CallPriority | undefined;
}

/** All instances and requests together, or those of the background apart, where it has instances of its own. */
function sharesOf(slots: readonly Slot[]): readonly [Share, Share?] {
  const background = slots.filter(({ forBackground }) => forBackground);
  if (background.length === 0) return [{ slots, priority: undefined }];
  const online = slots.filter(({ forBackground }) => !forBackground);
  return [
    { slots: online, priority: 'normal' },
    { slots: background, priority: 'background' },
  ];
}

/** Gives what waits to the instances that can take it, in the order of the queue. */
function feedQueue(options: FeedOptions, { slots, priority }: Share): number {
  const { queue, limits, clock, dispatcher, batching, affinity, holdUp } = options;
  const lookahead = Math.max(LOOKAHEAD, limits.batching.maxRows);
  const peek = (most: number, except?: string): readonly Pending[] => {
    if (priority === undefined) return queue.peek(most, except);
    const fromLevel = priority === 'background' ? chooseLevel(0, limits, priority) : 0;
    // Those that must run alone come first, of either kind.
    return queue.peek(Math.max(most, LOOKAHEAD), except, fromLevel).filter(({ call }) => call.priority === priority);
  };
  /** Whoever could run at once where it is cheaper does not join a batch elsewhere. */
  const staysWith = (slot: Slot, table: AffinityTable) => (item: Pending) => {
    const home = table.homeOf(item, slots);
    return home === undefined || home === slot || !hasRoom(home, limits.concurrency);
  };
  while (queue.length > 0) {
    const next = affinity && peek(1)[0];
    const home = next && affinity.homeOf(next, slots);
    const slot = chooseSlot(slots, limits, { medianRunMs: dispatcher.medianRunMs, home });
    if (slot === undefined) break;
    const holder = limits.reservesLastPlace ? holderOfRest(slots, limits.concurrency) : undefined;
    const waiting = peek(batching.seesCompany ? lookahead : 1, holder);
    if (waiting.length === 0) break;
    const near = affinity === undefined ? waiting : waiting.filter(staysWith(slot, affinity));
    const now = clock.now();
    const short = keepForShort(near, slots, limits.batching);
    const candidates = priority === undefined ? holdUp.limit(short, now) : short;
    if (candidates.length === 0) break;
    // Whatever may bring the runner down gets it for itself.
    if (slot.runs.length > 0 && (candidates[0]?.alone || slot.runs.some(runsAlone))) break;
    const freeUntil = priority === undefined ? keptFreeUntil(slot, candidates[0] as Pending, options) : 0;
    if (freeUntil > now) return freeUntil;
    if (waitsForCompany(candidates[0] as Pending, options)) {
      const company = planBatch(candidates, companyLimits(batching.limits), now);
      if (company.kind === 'wait') return company.at;
    }
    const plan = batching.plan(candidates, now);
    if (plan.kind === 'wait') return plan.at;
    const members = plan.picked.map((index) => candidates[index] as Pending);
    if (dispatcher.dispatch(slot, members, plan.reason)) continue;
    if (!dispatcher.dispatchExempt(slot, peek(Number.POSITIVE_INFINITY))) break;
  }
  return Number.POSITIVE_INFINITY;
}

/** Leaves out items that are longer than a padded batch while all instances but one run such items, where that one is kept for shorter items. */
function keepForShort(
  candidates: readonly Pending[],
  slots: readonly Slot[],
  { padding }: BatchLimits,
): readonly Pending[] {
  if (padding?.reservesInstance !== true || slots.length < 2) return candidates;
  const isLong = ({ cost }: Pending) => cost > padding.maxPaddedCost;
  const runningLong = slots.filter(({ runs }) => runs.some(({ members }) => members.some(isLong))).length;
  return runningLong < slots.length - 1 ? candidates : candidates.filter((item) => !isLong(item));
}

/** Until when a place is kept for requests that somebody waits for. */
function keptFreeUntil({ runs }: Slot, { call }: Pending, { holdUp, pool, limits }: FeedOptions): number {
  if (call.priority !== 'background') return Number.NEGATIVE_INFINITY;
  const { concurrency } = limits;
  return holdUp.freeUntil({ free: freePlaces(pool.slots, concurrency), running: runs.length, concurrency });
}

/** Whether a request, the first to run, waits for others: only those do that nobody waits for. */
function waitsForCompany(anchor: Pending, { queue, limits, dispatcher }: FeedOptions): boolean {
  const { call, level, waitMs, enqueuedAt } = anchor;
  return (
    call.priority === 'background' &&
    isWorthCompany({
      patienceMs: Math.min(waitMs, call.deadlineAt - enqueuedAt),
      medianRunMs: dispatcher.medianRunMs,
      isFull: queue.lengthOfLevel(level) >= policyOf(limits, level).maxRequests,
    })
  );
}

/** Each instance runs what its own sequences have waiting, one request of each at a time. */
function feedSequences(options: FeedOptions, sequences: SequenceTable): number {
  const { queue, pool, limits, clock, dispatcher } = options;
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const slot of pool.slots) {
    while (hasRoom(slot, limits.concurrency)) {
      const candidates = sequences.runnable(queue.all(), slot);
      if (candidates.length === 0) break;
      const plan = planBatch(candidates, sequences.batchLimits(candidates.length), clock.now());
      if (plan.kind === 'wait') {
        wakeAt = Math.min(wakeAt, plan.at);
        break;
      }
      const members = plan.picked.map((index) => candidates[index] as Pending);
      if (dispatcher.dispatch(slot, members, plan.reason)) continue;
      if (!dispatcher.dispatchExempt(slot, candidates)) break;
    }
  }
  return wakeAt;
}

/**
 * The tenant that holds all places of a model but the last, which is reserved for other tenants then; undefined where there is none. Callers
 * without credentials may hold all places: a server without keys has no other tenant.
 */
function holderOfRest(slots: readonly Slot[], concurrency: number): string | undefined {
  let holder: string | undefined;
  let free = 0;
  for (const { instance, doomed, runs } of slots) {
    if (instance === undefined || doomed) continue;
    free += concurrency - runs.length;
    if (free > 1) return undefined;
    for (const { members } of runs) {
      for (const { tenant } of members) {
        holder ??= tenant;
        if (tenant !== holder) return undefined;
      }
    }
  }
  return free === 1 && holder !== ANONYMOUS_OWNER && holder !== EVERYBODY.name ? holder : undefined;
}
