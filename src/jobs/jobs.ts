import {
  type CallContext,
  type Clock,
  type EventBus,
  MillraceError,
  shuttingDown,
  toMillraceError,
} from '../core/index.js';
import type { ChangedJob, JobRecord, JobRecords, JobTransition, Store } from '../store/index.js';
import type { AnswerRequest } from '../stored-requests/index.js';
import { DueAlarm } from './due-alarm.js';
import { JobElsewhere, JobGone, unknownJob } from './errors.js';
import { Housekeeping } from './housekeeping.js';
import { JobIds } from './job-ids.js';
import { Lanes } from './lanes.js';
import { Ledger } from './ledger.js';
import { hasEnded, type JobEvent, transitionOf } from './machine.js';
import { callerOf } from './new-job.js';
import type { JobsOptions } from './options.js';
import { PausedModels } from './paused-models.js';
import { queueOf, queuesOf } from './queues.js';
import { lostJobs, recoverInterrupted } from './recover.js';
import { createRunJob } from './run-job.js';
import { storeJob } from './store-job.js';
import type { JobGauges, JobQueue, JobSubmission } from './types.js';
import { JobWaits } from './waits.js';
import { JobWorker, LARGE_BYTES } from './worker.js';

/** Between two attempts to take over the jobs of a store that cannot be used. */
const RETRY_MS = 1_000;

export interface JobsSetup {
  readonly options: JobsOptions;
  readonly store: Pick<Store, 'jobs' | 'snapshots' | 'own'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly answer: AnswerRequest;
  /** Turns that a caller gets beside others. */
  readonly weightOf: (caller: { readonly id: string; readonly groups: readonly string[] }) => number;
}

/** The jobs of a server: storing, running, ending, removing them. */
export class Jobs {
  readonly options: JobsOptions;
  readonly paused: PausedModels;
  readonly waits: JobWaits;
  readonly #setup: JobsSetup;
  readonly #records: JobRecords;
  readonly #lanes = new Lanes();
  readonly #ledger: Ledger;
  readonly #worker: JobWorker;
  readonly #ids: JobIds;
  readonly #due: DueAlarm;
  readonly #housekeeping: Housekeeping;
  #opening: Promise<void> | undefined;
  #starting: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(setup: JobsSetup) {
    const { options, clock, store, events } = setup;
    const records = store.jobs;
    this.#setup = setup;
    this.#records = records;
    this.options = options;
    this.#ledger = new Ledger(options);
    this.paused = new PausedModels(store.snapshots);
    this.waits = new JobWaits(clock);
    this.#ids = new JobIds(store.snapshots);
    const parts = { records, clock, events };
    this.#due = new DueAlarm({
      ...parts,
      onDue: () => this.#wakeAll(),
    });
    this.#housekeeping = new Housekeeping({
      ...parts,
      onExpired: (jobs) => {
        for (const job of jobs) this.#expired(job);
      },
      onRemoved: (jobs) => {
        for (const job of jobs) this.#ledger.removed(job);
      },
      onTick: async () => {
        for (const record of await lostJobs(records, this.#worker, clock.wallNow())) {
          await this.apply(record, { kind: 'interrupted', by: 'shutdown' });
        }
        this.#wakeAll();
      },
    });
    this.#worker = new JobWorker({
      ...parts,
      lanes: this.#lanes,
      options,
      run: createRunJob(setup),
      isPaused: (model) => this.paused.has(model),
      decide: (record, event) => this.decide(record, event),
      changed: (record, transition) => this.#changed(record, transition),
      started: (jobs) => {
        for (const job of jobs) this.waits.changed(job.id);
        // Those of one claim have one owner.
        const [first] = jobs;
        if (first !== undefined) this.#weigh(first);
      },
      fits: (job, answerBytes) => this.#ledger.fits(job.owner, answerBytes),
    });
  }

  get lanes(): Lanes {
    return this.#lanes;
  }

  get worker(): JobWorker {
    return this.#worker;
  }

  /** Of all models that have jobs or are paused, by name. */
  queues(): readonly JobQueue[] {
    return queuesOf(this.#queueParts);
  }

  queue(model: string): JobQueue {
    return queueOf(model, this.#queueParts);
  }

  gauges(): JobGauges {
    return { queues: this.queues(), storedBytes: this.#ledger.bytes };
  }

  /** Runs the jobs that the store has. Never rejects: where the store cannot be used, it is tried again. */
  start(): Promise<void> {
    this.#starting = this.#tryToStart();
    return this.#starting;
  }

  /** The attempt to take over stored jobs that is under way has ended. */
  get started(): Promise<void> {
    return this.#starting;
  }

  async #tryToStart(): Promise<void> {
    const { clock, events } = this.#setup;
    try {
      await this.paused.load();
      const { owners } = await this.#records.totals();
      if (owners.length > 0) await this.#open();
    } catch (error) {
      if (this.#isClosed) return;
      if (!this.#isFailing) events.publish('diagnostic', warning('stored jobs do not run', error));
      this.#isFailing = true;
      clock.setTimer(RETRY_MS, () => void this.start());
    }
  }

  /** Stores a job; resolves once it is durable. */
  async submit({ principal }: CallContext, submission: JobSubmission): Promise<JobRecord> {
    await this.#open();
    const { clock } = this.#setup;
    const parts = { records: this.#records, ledger: this.#ledger, ids: this.#ids, clock, limits: this.options };
    const { record, isNew } = await storeJob(parts, principal, submission);
    if (isNew) this.#queued(record);
    return record;
  }

  /** A job by its id. Rejects with `not_found`, JobGone or JobElsewhere. */
  async find(id: string): Promise<JobRecord> {
    const kind = await this.#ids.kindOf(id);
    if (kind === 'elsewhere') throw new JobElsewhere(id);
    if (kind === 'invalid') throw unknownJob(id);
    const record = await this.#records.get(id);
    if (record === undefined) throw new JobGone(id);
    return record;
  }

  /** Takes the jobs of the store over, where that is not done: what changes a job needs it. */
  opened(): Promise<void> {
    return this.#open();
  }

  /** Throws `unavailable` where the owner may have no further job open. */
  checkOpen(owner: string): void {
    this.#ledger.checkOpen(owner);
  }

  /** The transition of an event; undefined = it means nothing to the job as it is. */
  decide(record: JobRecord, event: JobEvent): JobTransition | undefined {
    const { clock, options } = this.#setup;
    return transitionOf(record, event, { nowMs: clock.wallNow(), random: Math.random(), policy: options });
  }

  /** Stores what an event makes of a job; false = the job is not what it was, or the event means nothing to it. */
  async apply(record: JobRecord, event: JobEvent): Promise<boolean> {
    const transition = this.decide(record, event);
    if (transition === undefined || !(await this.#records.change(transition))) return false;
    if (record.state === 'queued') this.#lanes.take(record, 1);
    if (record.state === 'running')
      this.#worker.abort(record.id, new MillraceError('cancelled', 'the job was cancelled'));
    this.#changed(record, transition);
    return true;
  }

  /** Removes a job that has ended; false = there is none, or it has not ended. */
  async remove(record: JobRecord): Promise<boolean> {
    let isRemoved = false;
    try {
      isRemoved = await this.#records.remove(record.id);
    } catch (error) {
      // Its row may be gone, where only its file could not be unlinked.
      isRemoved = (await this.#records.get(record.id).catch(() => record)) === undefined;
      throw error;
    } finally {
      if (isRemoved) this.#ledger.removed(record);
    }
    return isRemoved;
  }

  /** Starts nothing more, and ends waits for jobs; what runs goes on. */
  stop(): void {
    this.#worker.stop();
    this.waits.close();
  }

  /** Ends what runs, to run again when the server is back, and what waits for jobs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#due.close();
    this.waits.close();
    await this.#housekeeping.close();
    await this.#worker.close();
  }

  /** Makes this process the one that runs the jobs of the store, and takes them over. Rejects where another process is, or the store cannot be used. */
  #open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    this.#opening ??= this.#takeOver().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #takeOver(): Promise<void> {
    await this.#setup.store.own();
    // Another process may have written them.
    await Promise.all([this.paused.reload(), this.#ids.reload()]);
    await recoverInterrupted(this.#records, (record) => this.decide(record, { kind: 'interrupted', by: 'crash' }));
    const { lanes, owners } = await this.#records.totals();
    await this.#records.sweep();
    this.#ledger.load(owners);
    for (const { queued, oldestAtMs, hasFiles, ...lane } of lanes) {
      this.#lanes.add(lane, { queued, oldestAtMs, isDue: true, bytes: hasFiles ? LARGE_BYTES + 1 : 0 });
    }
    this.#housekeeping.start();
    this.#due.look();
    this.#worker.start();
  }

  get #queueParts() {
    return { lanes: this.#lanes, worker: this.#worker, paused: this.paused, nowMs: this.#setup.clock.wallNow() };
  }

  #queued(record: JobRecord): void {
    const isDue = record.notBeforeMs <= this.#setup.clock.wallNow();
    this.#lanes.add(record, { queued: 1, oldestAtMs: record.createdAtMs, bytes: record.requestBytes, isDue });
    this.#weigh(record);
    if (isDue) this.#worker.wake();
    else this.#due.at(record.notBeforeMs);
  }

  #changed(record: JobRecord, { to, answerBody }: JobTransition): void {
    const ended = hasEnded(to);
    const wasEnded = hasEnded(record);
    const open = Number(!ended) - Number(!wasEnded);
    this.#ledger.changed(record.owner, { open, answerBytes: (answerBody?.byteLength ?? 0) - record.answerBytes });
    if (to.state === 'queued') this.#queued({ ...record, notBeforeMs: to.notBeforeMs ?? record.notBeforeMs });
    if (ended) this.#setup.events.publish('jobEnded', { model: record.model, state: to.state });
    this.waits.changed(record.id);
  }

  #weigh({ owner, identity }: Pick<JobRecord, 'owner' | 'identity'>): void {
    this.#lanes.setWeight(owner, this.#setup.weightOf(callerOf(identity)));
  }

  #wakeAll(): void {
    this.#lanes.wakeAll(this.#setup.clock.wallNow());
    this.#worker.wake();
  }

  #expired(job: ChangedJob): void {
    this.#lanes.take(job, 1);
    this.#ledger.changed(job.owner, { open: -1 });
    this.#setup.events.publish('jobEnded', { model: job.model, state: 'expired' });
    this.waits.changed(job.id);
  }
}

function warning(message: string, thrown: unknown) {
  const error = toMillraceError(thrown);
  return { level: 'warn', room: 'jobs', message: `${message}: ${error.message}`, error } as const;
}
