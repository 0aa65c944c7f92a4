import { type Clock, type EventBus, type Timer, warnOfFailure } from '../core/index.js';
import type { JobRecord, WebhookLane, WebhookRecords, WebhookTransition } from '../store/index.js';
import { type AttemptOutcome, nextDelivery } from './delivery.js';
import { type Lane, WebhookLanes } from './lanes.js';
import type { WebhooksOptions } from './options.js';

/** Between two attempts to use a store that cannot be used. */
const STORE_RETRY_MS = 1_000;
/** The time of day may be set back. */
const MAX_SLEEP_MS = 30_000;
const NEVER = Number.POSITIVE_INFINITY;

/** Sends the notification of a job, once. Never rejects, unless `signal` is aborted. `paceMs`: the least time until the next one. */
export type Attempt = (
  job: JobRecord,
  signal: AbortSignal,
) => Promise<{ readonly outcome: AttemptOutcome; readonly paceMs: number }>;

export interface DelivererSetup {
  readonly records: Pick<WebhookRecords, 'lanes' | 'next' | 'settle'>;
  readonly options: Omit<WebhooksOptions, 'allow' | 'allowFor' | 'allowPrivate'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly attempt: Attempt;
}

/** Delivers the notifications in the store, each at least once, as long as its receiver may be tried. */
export class WebhookDeliverer {
  readonly #setup: DelivererSetup;
  readonly #lanes: WebhookLanes;
  readonly #closing = new AbortController();
  readonly #attempts = new Set<Promise<void>>();
  #pumping: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(setup: DelivererSetup) {
    this.#setup = setup;
    this.#lanes = new WebhookLanes(setup.options);
  }

  /** About how many notifications are pending. */
  get pending(): number {
    return this.#lanes.pending;
  }

  /** Takes over what the store has. Rejects where that cannot be read. */
  async start(): Promise<void> {
    for (const { dueAtMs, ...lane } of await this.#setup.records.lanes()) this.#lanes.add(lane, dueAtMs);
    this.#wake();
  }

  /** A notification is pending in the store. */
  added(lane: WebhookLane): void {
    this.#lanes.add(lane, this.#setup.clock.wallNow());
    this.#wake();
  }

  /** Starts no further attempt, and breaks off those under way: they do not count. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the server ends'));
    this.#timer?.clear();
    await this.#pumping;
    await Promise.all(this.#attempts);
  }

  #wake(): void {
    if (this.#pumping !== undefined || this.#closing.signal.aborted) return;
    this.#timer?.clear();
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined;
      this.#sleep();
    });
  }

  /** Until the next one is due. */
  #sleep(): void {
    if (this.#closing.signal.aborted) return;
    const { clock } = this.#setup;
    const dueAtMs = this.#lanes.nextDueMs();
    if (dueAtMs === NEVER) return;
    const waitMs = Math.min(MAX_SLEEP_MS, Math.max(1, dueAtMs - clock.wallNow()));
    this.#timer = clock.setTimer(waitMs, () => this.#wake());
  }

  async #pump(): Promise<void> {
    const { records, clock } = this.#setup;
    while (!this.#closing.signal.aborted) {
      const lane = this.#lanes.next(clock.wallNow());
      if (lane === undefined) return;
      // What becomes pending while the store is read is not missed.
      lane.dueAtMs = NEVER;
      const limit = lane.underWay.size + 2;
      let jobs: readonly JobRecord[];
      try {
        jobs = await records.next(lane, limit);
      } catch (error) {
        warnOfFailure(this.#setup.events, { room: 'webhooks', what: 'notifications could not be read' }, error);
        lane.dueAtMs = Math.min(lane.dueAtMs, clock.wallNow() + STORE_RETRY_MS);
        continue;
      }
      this.#takeNext(lane, jobs);
      if (jobs.length < limit) lane.pending = jobs.length;
    }
  }

  /** Begins with the first one that is not under way, where it is due. */
  #takeNext(lane: Lane, jobs: readonly JobRecord[]): void {
    const nowMs = this.#setup.clock.wallNow();
    const [first, second] = jobs.filter(({ number }) => !lane.underWay.has(number));
    const isDue = first !== undefined && dueAtOf(first) <= nowMs;
    if (isDue) this.#begin(lane, first);
    const later = isDue ? second : first;
    if (later !== undefined) lane.dueAtMs = Math.min(lane.dueAtMs, dueAtOf(later));
    this.#lanes.drop(lane);
  }

  #begin(lane: Lane, job: JobRecord): void {
    this.#lanes.began(lane, job.number, this.#setup.clock.wallNow());
    const attempt = this.#deliver(lane, job).finally(() => {
      this.#attempts.delete(attempt);
      this.#lanes.ended(lane, job.number);
      this.#wake();
    });
    this.#attempts.add(attempt);
  }

  async #deliver(lane: Lane, job: JobRecord): Promise<void> {
    const { webhook, endedAtMs } = job;
    if (webhook === undefined || endedAtMs === undefined) return;
    const { attempt, clock, events, options } = this.#setup;
    const { signal } = this.#closing;
    const { outcome, paceMs } = await attempt(job, signal);
    if (signal.aborted) return;
    const nowMs = clock.wallNow();
    lane.notBeforeMs = nowMs + paceMs;
    const to = nextDelivery(webhook, outcome, { nowMs, random: Math.random(), endedAtMs, policy: options });
    const { state, dueAtMs = NEVER } = to;
    const isApplied = await this.#store({ job, attempts: webhook.attempts, to });
    if (state === 'pending') lane.dueAtMs = Math.min(lane.dueAtMs, dueAtMs);
    else lane.pending--;
    if (isApplied) events.publish('webhookAttempted', { outcome: outcome.kind, state });
  }

  /** Tries until the store can be written, or the server ends: then the notification is sent again. */
  async #store(transition: WebhookTransition): Promise<boolean> {
    const { records, clock } = this.#setup;
    const { number, endedAtMs } = transition.job;
    for (;;) {
      try {
        return await records.settle({ ...transition, job: { number, endedAtMs } });
      } catch (error) {
        warnOfFailure(
          this.#setup.events,
          { room: 'webhooks', what: 'the delivery of a notification could not be stored' },
          error,
        );
        if (this.#closing.signal.aborted) return false;
        await clock.sleep(STORE_RETRY_MS, this.#closing.signal);
      }
    }
  }
}

function dueAtOf({ webhook }: JobRecord): number {
  return webhook?.dueAtMs ?? 0;
}
