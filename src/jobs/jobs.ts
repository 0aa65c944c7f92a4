import { type RepeatedWork, TakeOver } from '../async/index.js';
import { type CallContext, type Clock, type EventBus, MillraceError, warnOfFailure } from '../core/index.js';
import type { Caller } from '../governance/index.js';
import {
  type ChangedJob,
  hostOfWebhook,
  type JobRecord,
  type JobRecords,
  type JobTransition,
  type Store,
} from '../store/index.js';
import { type AnswerRequest, callerOf } from '../stored-requests/index.js';
import type { Webhooks } from '../webhooks/index.js';
import { DueAlarm } from './due-alarm.js';
import { JobGone } from './errors.js';
import { createHousekeeping } from './housekeeping.js';
import { JobIds } from './job-ids.js';
import { Lanes } from './lanes.js';
import { Ledger } from './ledger.js';
import { hasEnded, type JobEvent, transitionOf } from './machine.js';
import type { ObjectBodies } from './object-bodies.js';
import { type OpenWebhooksSetup, openWebhooks } from './open-webhooks.js';
import type { JobsOptions } from './options.js';
import { PausedModels } from './paused-models.js';
import { queueOf, queuesOf } from './queues.js';
import { addStored, recoverInterrupted } from './recover.js';
import { Repair } from './repair.js';
import { createRunJob } from './run-job.js';
import { storeJob } from './store-job.js';
import type { JobGauges, JobQueue, JobSubmission } from './types.js';
import { JobWaits } from './waits.js';
import { JobWorker } from './worker.js';

export interface JobsSetup {
  readonly options: JobsOptions;
  readonly store: Pick<Store, 'jobs' | 'webhooks' | 'snapshots' | 'own'>;
  /** How names of receivers are looked up. Default: as the system does. */
  readonly resolve?: OpenWebhooksSetup['resolve'];
  readonly clock: Clock;
  readonly events: EventBus;
  readonly answer: AnswerRequest;
  readonly objects: ObjectBodies;
  /** Turns that a caller gets beside others. */
  readonly weightOf: (caller: Caller) => number;
}

/** The jobs of a server: storing, running, ending, removing them. */
export class Jobs {
  readonly options: JobsOptions;
  readonly lanes = new Lanes();
  readonly paused: PausedModels;
  readonly waits: JobWaits;
  readonly webhooks: Webhooks;
  readonly worker: JobWorker;
  readonly #setup: JobsSetup;
  readonly #records: JobRecords;
  readonly #ledger: Ledger;
  readonly #ids: JobIds;
  readonly #due: DueAlarm;
  readonly #housekeeping: RepeatedWork;
  readonly #repair: Repair;
  readonly #takeOver: TakeOver;

  constructor(setup: JobsSetup) {
    const { options, clock, store, events } = setup;
    const records = store.jobs;
    this.#setup = setup;
    this.#records = records;
    this.options = options;
    this.#takeOver = new TakeOver({
      clock,
      isDue: () => this.#isDue(),
      takeOver: () => this.#own(),
      onFailure: (error) => warnOfFailure(events, { room: 'jobs', what: 'stored jobs do not run' }, error),
    });
    this.#ledger = new Ledger(options);
    this.paused = new PausedModels(store.snapshots);
    this.waits = new JobWaits(clock);
    this.#ids = new JobIds(store.snapshots);
    this.webhooks = openWebhooks(setup);
    const parts = { records, clock, events };
    this.#due = new DueAlarm({ ...parts, onDue: () => this.#wakeAll() });
    this.#housekeeping = createHousekeeping({
      ...parts,
      onExpired: (jobs) => {
        for (const job of jobs) this.#expired(job);
        if (setup.objects.writesFailures) void this.#reportExpired(jobs);
      },
      onRemoved: (jobs) => {
        for (const job of jobs) this.#ledger.removed(job);
      },
      onTick: async () => {
        await this.#repair.run();
        this.#wakeAll();
      },
    });
    this.worker = new JobWorker({
      ...parts,
      lanes: this.lanes,
      options,
      run: createRunJob(setup),
      failing: setup.objects.failing,
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
    this.paused.onChanged(() => this.worker.wake());
    this.#repair = new Repair({
      ...parts,
      lanes: this.lanes,
      worker: this.worker,
      requeue: (job) => this.apply(job, { kind: 'interrupted', by: 'shutdown' }),
    });
  }

  /** Of all models that have jobs or are paused, by name. */
  queues(): readonly JobQueue[] {
    return queuesOf(this.#queueParts);
  }

  queue(model: string): JobQueue {
    return queueOf(model, this.#queueParts);
  }

  gauges(): JobGauges {
    return { queues: this.queues(), storedBytes: this.#ledger.bytes, pendingWebhooks: this.webhooks.pending };
  }

  /** Runs the jobs that the store has. Never rejects: where the store cannot be used, it is tried again. */
  start(): Promise<void> {
    return this.#takeOver.start();
  }

  /** The attempt to take over stored jobs that is under way has ended. */
  get started(): Promise<void> {
    return this.#takeOver.started;
  }

  /** Stores a job; resolves once it is durable. */
  async submit({ principal }: CallContext, submission: JobSubmission): Promise<JobRecord> {
    await this.opened();
    const { clock } = this.#setup;
    const { options: limits, webhooks } = this;
    const own = { records: this.#records, ledger: this.#ledger, ids: this.#ids, repair: this.#repair };
    const parts = { ...own, clock, limits, webhooks };
    const { record, isNew } = await storeJob(parts, principal, submission);
    if (isNew) this.#queued(record);
    return record;
  }

  /** A job by its id. Rejects with `not_found`, JobGone or JobElsewhere. */
  async find(id: string): Promise<JobRecord> {
    await this.#ids.check(id);
    const record = await this.#records.get(id);
    if (record === undefined) throw new JobGone(id);
    return record;
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
    if (record.state === 'queued') this.lanes.take(record, 1);
    if (record.state === 'running')
      this.worker.abort(record.id, new MillraceError('cancelled', 'the job was cancelled'));
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
    this.worker.stop();
    this.waits.close();
  }

  /** Ends what runs, to run again when the server is back, and what waits for jobs. */
  async close(): Promise<void> {
    this.#takeOver.close();
    this.#due.close();
    this.waits.close();
    await this.#housekeeping.close();
    await this.worker.close().finally(() => this.#setup.objects.close());
    await this.webhooks.close();
  }

  /** Takes the jobs of the store over, where that is not done: what changes a job needs it. Rejects where another process has them, or the store cannot be used. */
  opened(): Promise<void> {
    return this.#takeOver.opened();
  }

  async #isDue(): Promise<boolean> {
    await this.paused.load();
    const { owners } = await this.#records.totals();
    return owners.length > 0;
  }

  async #own(): Promise<void> {
    await this.#setup.store.own();
    // Another process may have written them.
    await Promise.all([this.paused.reload(), this.#ids.reload()]);
    const decide = (record: JobRecord) => this.decide(record, { kind: 'interrupted', by: 'crash' });
    await recoverInterrupted(this.#records, { decide, failing: this.#setup.objects.failing });
    const { lanes, owners } = await this.#records.totals();
    await this.#records.sweep();
    this.#ledger.load(owners);
    addStored(this.lanes, lanes);
    this.#housekeeping.start();
    this.#due.look();
    this.worker.start();
    await this.webhooks.start();
  }

  get #queueParts() {
    return { lanes: this.lanes, worker: this.worker, paused: this.paused, nowMs: this.#setup.clock.wallNow() };
  }

  #queued(record: JobRecord): void {
    const isDue = record.notBeforeMs <= this.#setup.clock.wallNow();
    this.lanes.add(record, { queued: 1, oldestAtMs: record.createdAtMs, bytes: record.requestBytes, isDue });
    this.#weigh(record);
    if (isDue) this.worker.wake();
    else this.#due.at(record.notBeforeMs);
  }

  #changed(record: JobRecord, { to, answerBody }: JobTransition): void {
    const ended = hasEnded(to);
    const wasEnded = hasEnded(record);
    const open = Number(!ended) - Number(!wasEnded);
    this.#ledger.changed(record.owner, { open, answerBytes: (answerBody?.byteLength ?? 0) - record.answerBytes });
    if (to.state === 'queued') this.#queued({ ...record, notBeforeMs: to.notBeforeMs ?? record.notBeforeMs });
    if (ended) {
      this.#setup.events.publish('jobEnded', { model: record.model, state: to.state });
      this.#setup.objects.ended(record, { to });
    }
    if (ended && record.webhook !== undefined)
      this.webhooks.added({ owner: record.owner, host: hostOfWebhook(record.webhook) });
    this.waits.changed(record.id);
  }

  #weigh({ owner, identity }: Pick<JobRecord, 'owner' | 'identity'>): void {
    this.lanes.setWeight(owner, this.#setup.weightOf(callerOf(identity)));
  }

  #wakeAll(): void {
    this.lanes.wakeAll(this.#setup.clock.wallNow());
    this.worker.wake();
  }

  /** Their objects say why they have ended. */
  async #reportExpired(jobs: readonly ChangedJob[]): Promise<void> {
    for (const { id } of jobs) {
      const record = await this.#records.get(id).catch(() => undefined);
      if (record?.state === 'expired') this.#setup.objects.ended(record, { to: record });
    }
  }

  #expired(job: ChangedJob): void {
    this.lanes.take(job, 1);
    this.#ledger.changed(job.owner, { open: -1 });
    this.#setup.events.publish('jobEnded', { model: job.model, state: 'expired' });
    if (job.webhookHost !== null) this.webhooks.added({ owner: job.owner, host: job.webhookHost });
    this.waits.changed(job.id);
  }
}
