import type { Call, Clock, Message, MillraceError, Tenant } from '../core/index.js';
import { bytesFull, chooseLevel, ModelDownError, type QueuePolicy, queueFull, refuseWhileDown } from './admission.js';
import { checkRequest } from './check-request.js';
import { freePlaces, sentAhead } from './choose-slot.js';
import { EVERYBODY, type Fairness, tenantOf } from './fairness/fair-share.js';
import type { Holdings } from './holdings.js';
import type { InstancePool } from './instance-pool.js';
import { createPending, type Pending } from './pending.js';
import type { RequestQueue } from './request-queue.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import type { SequenceTable } from './sequences/sequence-table.js';
import type { ShapeRules } from './shape-rules.js';
import type { Submission } from './types.js';
import type { WaitLimits } from './wait-limits.js';

export interface QueueGateOptions {
  /** The model, for messages. */
  readonly mention: Message;
  readonly limits: SchedulerLimits;
  readonly rules: ShapeRules;
  readonly pool: InstancePool;
  readonly holdings: Holdings;
  readonly clock: Clock;
  readonly queue: RequestQueue;
  readonly sequences: SequenceTable | undefined;
  readonly waits: WaitLimits;
  readonly fairness: Fairness;
  /** Sends off what can run at once, so that it does not take up the queue. */
  readonly makeRoom: () => void;
  /** Ends a request that waits, as its place is somebody else's. */
  readonly displace: (item: Pending, error: MillraceError) => void;
}

/** Decides who may wait: checks requests, and refuses those for which there is no room. */
export class QueueGate {
  readonly #options: QueueGateOptions;
  #lastCallId = 0;

  constructor(options: QueueGateOptions) {
    this.#options = options;
  }

  /**
   * Throws where the queue would refuse a request now that has to be prepared first. `preparing`: requests that are being prepared; as many of
   * them as there are free places will not wait.
   */
  checkRoom(submission: Submission, preparing: number): void {
    const { request, call } = submission;
    const { limits, pool } = this.#options;
    this.#checkUp(submission);
    const waiting = Math.max(0, preparing - freePlaces(pool.slots, limits.concurrency));
    this.#findRoom(chooseLevel(request.priority, limits, call.priority), call, waiting);
  }

  /** Whether less than half of the places for requests as urgent as this one are taken. */
  hasSpareRoom({ request, call }: Pick<Submission, 'request' | 'call'>): boolean {
    const { limits, queue, pool } = this.#options;
    const level = chooseLevel(request.priority, limits, call.priority);
    return 2 * (queue.lengthOfLevel(level) + sentAhead(pool.slots, level)) < policyOf(limits, level).maxRequests;
  }

  /** The request as one that may go into the queue; its bytes and its place in a sequence are taken. Throws why not. */
  admit(submission: Submission): Pending {
    const { request, call } = submission;
    const { mention, limits, rules, holdings, clock, sequences, waits } = this.#options;
    if (call.cancelled !== undefined) throw call.cancelled;
    const checked = submission.checked ?? checkRequest(rules.request, request);
    // It may have been prepared for another model, which did not run it.
    if (checked.prepared === undefined) call.timing.prepareMs = 0;
    this.#checkUp(submission);
    // Priorities would change the order of a sequence.
    const priority = sequences === undefined ? request.priority : 0;
    const level = chooseLevel(priority, limits, call.priority);
    const displaced = submission.isAdmitted === true ? undefined : this.#findRoom(level, call);
    const control = sequences?.check(submission, checked.rows);
    const full = holdings.take(checked, call.priority);
    if (full !== undefined) throw bytesFull(full, checked.sizeBytes);

    // What comes from another generation has waited there.
    const now = call.timing.enqueuedAt || clock.now();
    call.timing.enqueuedAt = now;
    const sequence = control && sequences?.enter(control, call.principal);
    const tenant = this.#tenantOf(call);
    const callId = ++this.#lastCallId;
    const item = createPending(submission, { callId, checked, level, tenant, now, sequence, limits });
    waits.begin(item);
    if (displaced?.place === 'queued') {
      this.#options.displace(displaced, queueFull(mention, policyOf(limits, displaced.level)));
    }
    return item;
  }

  /** Throws while no instance is up, unless the request may wait for one. */
  #checkUp({ movesOn, suspect }: Submission): void {
    const { mention, pool } = this.#options;
    const down = refuseWhileDown(mention, pool.outage(), movesOn);
    if (down !== undefined) throw movesOn ? new ModelDownError(down, suspect) : down;
  }

  #tenantOf(call: Call): Tenant {
    const { fairness, limits } = this.#options;
    // Whose answers leave in the order of their coming does not get them sooner by another turn.
    return limits.preserveOrder ? EVERYBODY : tenantOf(call, fairness);
  }

  /** The request that has to leave a full level, if one has to. Throws where the level has no room; `coming`: requests that will join it. */
  #findRoom(level: number, call: Call, coming = 0): Pending | undefined {
    const { mention, limits, pool, queue, makeRoom } = this.#options;
    const policy = policyOf(limits, level);
    // Requests that an instance would take at once do not wait, so they must not fill the queue.
    const isFull = () => queue.lengthOfLevel(level) + sentAhead(pool.slots, level) + coming >= policy.maxRequests;
    if (isFull()) makeRoom();
    if (!isFull()) return undefined;
    const { name: tenant, weight } = this.#tenantOf(call);
    const displaced = queue.displacedBy({ level, tenant, weight });
    if (displaced === undefined) throw queueFull(mention, policy);
    return displaced;
  }
}

/** How a priority level treats those who wait; the background is like the lowest. */
export function policyOf({ policies }: Pick<SchedulerLimits, 'policies'>, level: number): QueuePolicy {
  return policies.at(Math.min(level, policies.length) - 1) as QueuePolicy;
}
