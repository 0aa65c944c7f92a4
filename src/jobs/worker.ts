import { LRUCache } from 'lru-cache';
import { type Clock, type EventBus, MillraceError, ShutdownError, type Timer, toMillraceError } from '../core/index.js';
import type { ClaimedJob, JobAnswerHead, JobRecord, JobRecords, JobTransition } from '../store/index.js';
import { isSuspect, type RanRequest } from '../stored-requests/index.js';
import type { Lanes } from './lanes.js';
import type { JobEvent } from './machine.js';
import { OutputNotWritten } from './object-bodies.js';
import type { JobsOptions } from './options.js';

/** Jobs that one claim starts. */
const MAX_CLAIMED = 16;
/** Requests of running jobs that may be in memory; one job may exceed it. */
const MAX_RUNNING_BYTES = 134_217_728;
/** Jobs are claimed one at a time where a request of theirs is larger. */
export const LARGE_BYTES = 1_048_576;
/** Jobs of which it is remembered that a runner may have died of them; those before run with others again. */
const MAX_SUSPECTS = 10_000;
/** Between two attempts to write while the store cannot be written. */
const STORE_RETRY_MS = 1_000;

interface Attempt {
  readonly signal: AbortSignal;
  /** An earlier one may have brought its runner down: it shares it with no other request. */
  readonly runsAlone: boolean;
}

/** Runs one attempt. Rejects where the request cannot be sent for its caller. */
export type RunJob = (job: ClaimedJob, attempt: Attempt) => Promise<RanRequest>;

export interface WorkerSetup {
  readonly records: Pick<JobRecords, 'claim' | 'change' | 'get'>;
  readonly lanes: Lanes;
  readonly options: Pick<JobsOptions, 'concurrency' | 'concurrencyPerModel'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly run: RunJob;
  readonly isPaused: (model: string) => boolean;
  /** The transition of an event; undefined = the job has ended meanwhile. */
  readonly decide: (job: JobRecord, event: JobEvent) => JobTransition | undefined;
  /** Called once a transition is durable. */
  readonly changed: (job: JobRecord, transition: JobTransition) => void;
  readonly started: (jobs: readonly JobRecord[]) => void;
  /** Called before the end of an attempt is stored. Never rejects. */
  readonly failing: (job: JobRecord, transition: JobTransition) => Promise<void>;
  /** Whether there is room for an answer. */
  readonly fits: (job: JobRecord, answerBytes: number) => boolean;
}

interface Running {
  readonly record: JobRecord;
  readonly controller: AbortController;
  readonly deadline: Timer;
  readonly ended: Promise<void>;
}

/** Starts jobs whose turn it is, as far as there is room, and stores how they end. */
export class JobWorker {
  readonly #setup: WorkerSetup;
  readonly #running = new Map<string, Running>();
  readonly #perModel = new Map<string, number>();
  readonly #suspects = new LRUCache<string, true>({ max: MAX_SUSPECTS });
  #bytes = 0;
  #isPumping = false;
  #isStopped = true;
  #isOver = false;
  #pumping: Promise<void> = Promise.resolve();
  /** Why nothing starts. */
  #trouble: string | undefined;

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
  }

  runningOf(model: string): number {
    return this.#perModel.get(model) ?? 0;
  }

  /** Models that have running jobs. */
  models(): Iterable<string> {
    return this.#perModel.keys();
  }

  start(): void {
    if (this.#isOver) return;
    this.#isStopped = false;
    this.wake();
  }

  /** Something may start now. */
  wake(): void {
    if (this.#isPumping || this.#isStopped) return;
    this.#isPumping = true;
    this.#pumping = this.#pump();
  }

  /** Ends a job's attempt; how the job ends has been stored. */
  abort(id: string, reason: MillraceError): void {
    this.#running.get(id)?.controller.abort(reason);
  }

  /** Starts nothing more, for good. */
  stop(): void {
    this.#isOver = true;
    this.#isStopped = true;
  }

  /** Whether an attempt of the job is under way. */
  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** Resolves when no attempt of the job is under way. */
  async ended(id: string): Promise<void> {
    await this.#running.get(id)?.ended;
  }

  /** Ends all attempts; their jobs are queued again. */
  async close(): Promise<void> {
    this.stop();
    await this.#pumping;
    const running = [...this.#running.values()];
    for (const { controller } of running) controller.abort(new ShutdownError());
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #pump(): Promise<void> {
    const { lanes, records, clock } = this.#setup;
    for (;;) {
      const room = this.#room();
      const lane = room <= 0 ? undefined : lanes.next((model) => this.#roomFor(model));
      if (lane === undefined || this.#isStopped) {
        this.#isPumping = false;
        return;
      }
      const most = lane.largestBytes > LARGE_BYTES ? 1 : MAX_CLAIMED;
      const limit = Math.min(room, this.#roomFor(lane.model), most);
      const { wakes } = lanes;
      let claimed: readonly ClaimedJob[];
      try {
        claimed = await records.claim(lane, { limit, nowMs: clock.wallNow() });
      } catch (error) {
        await this.#waitForStore(error);
        continue;
      }
      this.#trouble = undefined;
      if (claimed.length < limit) lanes.early(lane, wakes);
      if (claimed.length === 0) continue;
      lanes.started(lane, claimed.length);
      lanes.take(lane, claimed.length, claimed.at(-1)?.record.createdAtMs);
      this.#setup.started(claimed.map(({ record }) => record));
      for (const job of claimed) {
        // Whatever was claimed while the server began to end is queued again.
        if (this.#isStopped) await this.#store(job.record, { kind: 'interrupted', by: 'shutdown' }, undefined);
        else this.#begin(job);
      }
    }
  }

  #room(): number {
    return this.#bytes >= MAX_RUNNING_BYTES ? 0 : this.#setup.options.concurrency - this.#running.size;
  }

  #roomFor(model: string): number {
    return this.#setup.isPaused(model) ? 0 : this.#setup.options.concurrencyPerModel - this.runningOf(model);
  }

  #begin(job: ClaimedJob): void {
    const { record } = job;
    const { requestBytes } = record;
    const { clock } = this.#setup;
    const controller = new AbortController();
    const leftMs = Math.max(0, record.deadlineMs - clock.wallNow());
    const deadline = clock.setTimer(leftMs, () => void this.#expire(record, controller));
    this.#perModel.set(record.model, this.runningOf(record.model) + 1);
    this.#bytes += requestBytes;
    const ended = this.#run(job, controller.signal).finally(() => {
      deadline.clear();
      if (this.#running.get(record.id)?.controller === controller) this.#running.delete(record.id);
      this.#bytes -= requestBytes;
      const left = this.runningOf(record.model) - 1;
      if (left > 0) this.#perModel.set(record.model, left);
      else this.#perModel.delete(record.model);
      this.wake();
    });
    this.#running.set(record.id, { record, controller, deadline, ended });
  }

  async #run(job: ClaimedJob, signal: AbortSignal): Promise<void> {
    const { run } = this.#setup;
    const { record } = job;
    let event: JobEvent;
    let body: Uint8Array | undefined;
    try {
      const attempt = { signal, runsAlone: this.#suspects.has(record.id) };
      const { answer, error, hasRun, diedWithOthers } = await run(job, attempt);
      const { status, headers } = answer;
      if (!this.#setup.fits(record, answer.body.byteLength)) event = failed(tooLarge(answer.body.byteLength));
      else {
        body = answer.body;
        const head = { status, headers };
        event =
          error === undefined
            ? { kind: 'answered', answer: head }
            : failed(error, { hasRun, diedWithOthers, answer: head });
      }
    } catch (thrown) {
      event = failed(toMillraceError(thrown), { hasRun: thrown instanceof OutputNotWritten });
    }
    const { reason } = signal as { readonly reason: unknown };
    if (
      event.kind === 'failed' &&
      this.#isStopped &&
      (reason instanceof ShutdownError || event.failure.code === 'unavailable')
    ) {
      event = { kind: 'interrupted', by: 'shutdown' };
    }
    if (event.kind === 'failed' && isSuspect(event.failure)) this.#suspects.set(record.id, true);
    await this.#store(record, event, body);
  }

  /** The deadline has come while it runs. */
  async #expire(record: JobRecord, controller: AbortController): Promise<void> {
    await this.#store(record, { kind: 'expired' }, undefined);
    controller.abort(new MillraceError('deadline_exceeded', 'the job has expired'));
  }

  /** Tries until the store can be written, or the server ends: then the job runs again. */
  async #store(record: JobRecord, event: JobEvent, body: Uint8Array | undefined): Promise<void> {
    const { records, decide, changed, failing } = this.#setup;
    const decided = decide(record, event);
    if (decided === undefined) return;
    const transition =
      decided.to.answer === undefined || body === undefined ? decided : { ...decided, answerBody: body };
    await failing(record, transition);
    for (let attempt = 1; ; attempt++) {
      try {
        const isApplied = await records.change(transition);
        // An attempt before may have been applied, and its reply lost.
        if (isApplied || (attempt > 1 && isResultOf(transition, await records.get(record.id)))) {
          changed(record, transition);
        }
        this.#trouble = undefined;
        return;
      } catch (error) {
        if (this.#isStopped) return;
        await this.#waitForStore(error);
      }
    }
  }

  async #waitForStore(error: unknown): Promise<void> {
    const { clock, events } = this.#setup;
    const { message } = toMillraceError(error);
    if (this.#trouble === undefined) {
      events.publish('diagnostic', { level: 'error', room: 'jobs', message: `jobs wait: ${message}` });
    }
    this.#trouble = message;
    await new Promise<void>((resolve) => void clock.setTimer(STORE_RETRY_MS, resolve));
  }
}

function isResultOf({ from, to }: JobTransition, record: JobRecord | undefined): boolean {
  if (record === undefined || record.state !== to.state || record.endedAtMs !== to.endedAtMs) return false;
  const { attempts = from.attempts, notBeforeMs = record.notBeforeMs } = to;
  return record.attempts === attempts && record.notBeforeMs === notBeforeMs;
}

interface HowFailed {
  readonly hasRun?: boolean;
  readonly diedWithOthers?: boolean | undefined;
  readonly answer?: JobAnswerHead;
}

function failed(error: MillraceError, { hasRun = false, diedWithOthers, answer }: HowFailed = {}): JobEvent {
  const { code, message, retryAfterMs } = error;
  return { kind: 'failed', failure: { code, message, retryAfterMs, hasRun, diedWithOthers }, answer };
}

function tooLarge(bytes: number): MillraceError {
  return new MillraceError(
    'failed_precondition',
    `the answer of ${bytes} bytes exceeds what is left to the caller (jobs.maxBytesPerPrincipal, jobs.maxBytes)`,
  );
}
