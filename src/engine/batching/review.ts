import type { BatchReason, Clock } from '../../core/index.js';
import { type BatchLimits, type Candidate, type Plan, planBatch } from '../plan-batch.js';
import { type BatchingChoice, trialRows } from './choice.js';
import { decideByPairs, type RunPair } from './compare-pairs.js';
import { DriftWatch } from './drift.js';

/** For each request of a trial, so many run in the mode in force: trials are at most a quarter of the requests. */
const OWN_REQUESTS_PER_TRIAL_REQUEST = 3;
/** Times that change back and forth do not cause reviews without end. */
const MIN_REVIEW_INTERVAL_MS = 60_000;
/** How often a version that is being compared with others is asked whether it still is. */
const HELD_RECHECK_MS = 1_000;

/** A batch that was sent to an instance. */
export interface ObservedRun {
  readonly members: readonly Pick<Candidate, 'shapeKey'>[];
  readonly rows: number;
  readonly reason: BatchReason;
  /** Others waited when it was sent, so that batches and single requests can be compared. */
  readonly hadCompany: boolean;
}

export interface BatchingReviewOptions {
  /** `batching` is not read: the choice says it. */
  readonly limits: BatchLimits;
  /** As it was decided when the model was loaded. */
  readonly choice: BatchingChoice;
  /** Whether runs may change the choice: with `batching.enabled: auto`. */
  readonly isOpen: boolean;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether answers of this version are being compared with those of another one: the choice stays then. */
  readonly isHeld: () => boolean;
  /** Called with the outcome of each review. */
  readonly onReviewed: (choice: BatchingChoice, before: BatchingChoice) => void;
}

/**
 * Whether requests of one loaded generation are batched together. With `auto` it is decided again from {@link RunPair}s: a few
 * runs in the other mode, each beside one in the mode in force, while requests wait for each other anyway. That happens after the load, and
 * later only when runs take twice or half as long.
 */
export class BatchingReview {
  readonly #options: BatchingReviewOptions;
  readonly #drift = new DriftWatch();
  #choice: BatchingChoice;
  #limits: BatchLimits;
  #pairs: RunPair[] = [];
  #isReviewing: boolean;
  #reviewedAt = 0;
  /** Requests since the last trial that ran in the mode in force while others waited. */
  #ownRequests = 0;
  /** The last of those runs. */
  #own: { readonly shapeKey: string | undefined; readonly rowMs: number } | undefined;
  #isTrialRunning = false;
  /** Clock time before which it counts as compared with others. */
  #heldUntil = 0;

  constructor(options: BatchingReviewOptions) {
    this.#options = options;
    this.#choice = options.choice;
    this.#limits = { ...options.limits, batching: options.choice.enabled };
    this.#isReviewing = options.isOpen;
  }

  get choice(): BatchingChoice {
    return this.#choice;
  }

  /** By which batches are formed now. */
  get limits(): BatchLimits {
    return this.#limits;
  }

  /** Whether planning needs to see more than the first waiting request. */
  get seesCompany(): boolean {
    return this.#choice.enabled || this.#isTrialDue();
  }

  /** The batch that an instance gets of these requests, the first of which is in it. */
  plan(candidates: readonly Candidate[], now: number): Plan {
    const trial = this.#planTrial(candidates, now);
    return trial === undefined || this.#isHeldAt(now) ? planBatch(candidates, this.#limits, now) : trial;
  }

  /** A trial was sent; others wait for its end. */
  sentTrial(): void {
    this.#isTrialRunning = true;
    this.#ownRequests = 0;
  }

  /** A run has ended well, in `ms`. */
  ended(run: ObservedRun, ms: number): void {
    if (run.reason === 'trial') this.#isTrialRunning = false;
    if (!this.#options.isOpen) return;
    if (run.reason === 'trial') this.#addTrial(run, ms);
    else this.#addOwn(run, ms);
  }

  /** A run has failed, which says nothing of its cost. */
  failed({ reason }: ObservedRun): void {
    if (reason === 'trial') this.#isTrialRunning = false;
  }

  #planTrial(candidates: readonly Candidate[], now: number): Plan | undefined {
    const [anchor] = candidates;
    const own = this.#own;
    // Requests of other shapes cost something else.
    if (!this.#isTrialDue() || anchor === undefined || anchor.shapeKey !== own?.shapeKey) return undefined;
    const maxRows = this.#choice.enabled ? Number.POSITIVE_INFINITY : trialRows(own.rowMs, anchor.rows);
    return planTrial(candidates, this.#limits, { maxRows, now });
  }

  #isTrialDue(): boolean {
    if (!this.#isReviewing || this.#isTrialRunning || this.#own === undefined) return false;
    const requests = this.#choice.enabled ? 1 : Math.min(MAX_TRIAL_REQUESTS, trialRows(this.#own.rowMs));
    return requests > 0 && this.#ownRequests >= OWN_REQUESTS_PER_TRIAL_REQUEST * requests;
  }

  #addOwn({ members, rows, hadCompany }: ObservedRun, ms: number): void {
    const isDue = this.#options.clock.now() - this.#reviewedAt >= MIN_REVIEW_INTERVAL_MS;
    if (this.#drift.add(rows, ms) && isDue) this.#isReviewing = true;
    const isTogether = members.length > 1;
    if (!this.#isReviewing || isTogether !== this.#choice.enabled || !(isTogether || hadCompany)) return;
    this.#ownRequests += members.length;
    this.#own = { shapeKey: shapeOf(members), rowMs: ms / rows };
  }

  #addTrial({ members, rows }: ObservedRun, ms: number): void {
    const own = this.#own;
    if (!this.#isReviewing || own === undefined || own.shapeKey !== shapeOf(members)) return;
    const rowMs = ms / rows;
    this.#pairs.push(
      members.length > 1 ? { aloneMs: own.rowMs, togetherMs: rowMs } : { aloneMs: rowMs, togetherMs: own.rowMs },
    );
    const choice = decideByPairs(this.#pairs);
    if (choice === undefined) return;
    const now = this.#options.clock.now();
    if (!this.#isHeldAt(now)) this.#adopt(choice, now);
  }

  #adopt(choice: BatchingChoice, now: number): void {
    const before = this.#choice;
    this.#choice = choice;
    this.#limits = { ...this.#limits, batching: choice.enabled };
    this.#isReviewing = false;
    this.#reviewedAt = now;
    this.#forgetRuns();
    this.#drift.reset();
    this.#options.onReviewed(choice, before);
  }

  /** What was seen before does not count once it is compared with others. */
  #isHeldAt(now: number): boolean {
    if (now < this.#heldUntil) return true;
    if (!this.#options.isHeld()) return false;
    this.#heldUntil = now + HELD_RECHECK_MS;
    this.#forgetRuns();
    return true;
  }

  #forgetRuns(): void {
    this.#pairs = [];
    this.#own = undefined;
    this.#ownRequests = 0;
  }
}

function shapeOf([first]: ObservedRun['members']): string | undefined {
  return first?.shapeKey;
}

/** Batching as the limits say, for good. */
export function fixedBatching(limits: BatchLimits): BatchingReview {
  const choice = { enabled: limits.batching, cause: 'configured', reason: 'configured' } as const;
  const never = { isOpen: false, clock: { now: () => 0 }, isHeld: () => true, onReviewed: () => undefined };
  return new BatchingReview({ ...never, limits, choice });
}

/** Most requests of a trial. */
const MAX_TRIAL_REQUESTS = 8;

/**
 * A run in the mode that is not in force: the first request alone where requests are batched, else a batch of at most `maxRows` and
 * {@link MAX_TRIAL_REQUESTS}. undefined = no two requests wait that could share such a batch.
 */
function planTrial(
  candidates: readonly Candidate[],
  limits: BatchLimits,
  { maxRows, now }: { readonly maxRows: number; readonly now: number },
): Plan | undefined {
  const [anchor] = candidates;
  if (anchor === undefined) return undefined;
  const few = candidates.slice(0, MAX_TRIAL_REQUESTS);
  const most = Math.min(limits.maxRows, maxRows);
  const plan = planBatch(few, { ...limits, batching: true, maxRows: most, preferredSizes: [], maxDelayMs: 0 }, now);
  if (plan.kind === 'wait' || plan.picked.length < 2) return undefined;
  const alone: Plan = { kind: 'run', picked: [0], rows: anchor.rows, reason: 'trial' };
  return limits.batching ? alone : { ...plan, reason: 'trial' };
}
