import { type RepeatedWork, TakeOver } from '../async/index.js';
import {
  type Clock,
  type EventBus,
  MillraceError,
  ShutdownError,
  Turns,
  toMillraceError,
  warnOfFailure,
} from '../core/index.js';
import type { Files } from '../files/index.js';
import type { Caller } from '../governance/index.js';
import { StoreQuestions } from '../object-store/index.js';
import type { BatchRecord, BatchRecords, NewFile, NumberedBatch, Store } from '../store/index.js';
import { callerOf } from '../stored-requests/index.js';
import { type AdvanceSetup, advance, type BatchChanges } from './advance.js';
import { createCleaning } from './cleaning.js';
import { removeCopy } from './copy-input.js';
import type { BatchObjectStore } from './ends.js';
import { countHeld, gaugesOf } from './gauges.js';
import { afterEvent, type BatchEvent, hasEnded } from './machine.js';
import { OpenBatch } from './open-batch.js';
import type { BatchesOptions } from './options.js';
import type { RunLineSetup } from './run-line.js';
import { BatchTurns } from './turns.js';
import type { BatchGauges, PausedModels } from './types.js';

/** Between two attempts of a batch that cannot go on. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** A batch runs so long, at least, before others get its turn. */
const TURN_MS = 10_000;

export interface BatchesSetup extends Pick<RunLineSetup, 'answer' | 'policy'> {
  readonly options: BatchesOptions;
  readonly store: Pick<Store, 'batches'>;
  readonly files: Files;
  readonly objects: BatchObjectStore;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly paused: PausedModels;
  /** Turns that a caller gets beside others. */
  readonly weightOf: (caller: Caller) => number;
}

/** The batches of a server: whose turn it is, running them, ending them. */
export class Batches {
  readonly options: BatchesOptions;
  readonly records: BatchRecords;
  readonly #setup: BatchesSetup;
  readonly #advance: Omit<AdvanceSetup, 'yields'>;
  /** In the order of their creation, but those that had a turn behind the others. */
  readonly #open = new Map<string, OpenBatch>();
  readonly #turns = new BatchTurns();
  readonly #takeOver: TakeOver;
  readonly #cleaning: RepeatedWork;
  #isStopped = false;
  #isClosed = false;

  constructor(setup: BatchesSetup) {
    const { options, store, clock, events } = setup;
    this.#setup = setup;
    this.options = options;
    this.records = store.batches;
    this.#takeOver = new TakeOver({
      clock,
      isDue: async () => (await this.records.open()).length > 0,
      takeOver: () => this.#own(),
      onFailure: (error) => warnOfFailure(events, { room: 'batches', what: 'stored batches do not run' }, error),
    });
    this.#cleaning = createCleaning(setup);
    this.#advance = {
      ...setup,
      turns: new Turns(clock),
      questions: new StoreQuestions({ events, room: 'batches' }),
      apply: (batch, event, files) => this.#apply(batch, event, files),
      update: (batch, changes) => this.#update(batch, changes),
      troubled: (batch, reason) => this.#troubled(batch, reason),
    };
    setup.paused.onChanged(() => this.#resume());
    setup.paused.countHeldBy((model) => countHeld(this.#all(), model));
  }

  /** A batch that has not ended, as far as this process runs it. */
  open(id: string): OpenBatch | undefined {
    return this.#open.get(id);
  }

  openOf(owner: string): number {
    return this.#all().filter((batch) => batch.owner === owner).length;
  }

  gauges(): BatchGauges {
    return gaugesOf(this.#all(), this.#setup.clock.wallNow());
  }

  /** Goes on with the batches of the store. Never rejects: where the store cannot be used, it is tried again. */
  start(): Promise<void> {
    return this.#takeOver.start();
  }

  /** Makes this process the one that runs the batches of the store. Rejects where another process is, or the store cannot be used. */
  opened(): Promise<void> {
    return this.#takeOver.opened();
  }

  /** Runs a batch that was stored. */
  add(record: NumberedBatch): void {
    const batch = new OpenBatch(record);
    this.#open.set(record.id, batch);
    this.#expireLater(batch);
    this.#waits(batch);
  }

  /** Cancels a batch; false = it is too late. */
  async cancel(batch: OpenBatch): Promise<boolean> {
    const isApplied = await this.#apply(batch, { kind: 'cancelled' });
    if (isApplied) batch.run?.controller.abort(new MillraceError('cancelled', 'the batch was cancelled'));
    if (batch.isWaiting) this.#waits(batch);
    return isApplied;
  }

  /** Starts nothing more; what runs ends at its next checkpoint. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Ends what runs, to go on when the server is back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.stop();
    this.#takeOver.close();
    await this.#cleaning.close();
    for (const batch of this.#all()) {
      batch.expiry?.clear();
      batch.run?.controller.abort(new ShutdownError());
    }
    await Promise.all(this.#all().map(({ run }) => run?.ended));
  }

  #all(): readonly OpenBatch[] {
    return [...this.#open.values()];
  }

  async #own(): Promise<void> {
    const { files } = this.#setup;
    await Promise.all([files.opened(), this.#setup.paused.reload()]);
    const open = await this.records.open();
    for (const record of open) {
      const { outputBytes, errorBytes } = record.checkpoint;
      const bytes = outputBytes + errorBytes + (record.objects?.copiedBytes ?? 0);
      files.ledger.load([{ owner: record.owner, files: 0, bytes }]);
    }
    for (const record of open) this.add(record);
    this.#cleaning.start();
  }

  #pump(): void {
    while (!this.#isStopped) {
      const next = this.#turns.next(this.#all(), this.options);
      if (next === undefined) return;
      this.#begin(next);
    }
  }

  #waiting(): readonly OpenBatch[] {
    return this.#all().filter(({ isWaiting }) => isWaiting);
  }

  /** The batch may have a turn, and had none before. */
  #waits(batch: OpenBatch): void {
    const isAlone = this.#waiting().every((other) => other === batch || other.owner !== batch.owner);
    if (isAlone) this.#turns.came(batch.owner, this.#setup.weightOf(callerOf(batch.record.identity)));
    this.#pump();
  }

  /** Some models may be paused no more. */
  #resume(): void {
    for (const batch of this.#all()) {
      if (batch.pausedModel === undefined || this.#setup.paused.has(batch.pausedModel)) continue;
      batch.resume();
      if (batch.isWaiting) this.#waits(batch);
    }
  }

  #begin(batch: OpenBatch): void {
    const { clock } = this.#setup;
    this.#turns.took(batch.owner);
    // Behind the others.
    this.#open.delete(batch.record.id);
    this.#open.set(batch.record.id, batch);
    const until = clock.now() + TURN_MS;
    const yields = () => this.#isStopped || (clock.now() >= until && this.#waiting().length > 0);
    const controller = new AbortController();
    const ended = this.#run(batch, { signal: controller.signal, yields }).finally(() => {
      batch.run = undefined;
      this.#waits(batch);
    });
    batch.run = { controller, ended };
  }

  /** Never rejects. */
  async #run(batch: OpenBatch, { signal, yields }: { readonly signal: AbortSignal; readonly yields: () => boolean }) {
    try {
      const end = await advance({ ...this.#advance, yields }, batch, signal);
      batch.failures = 0;
      this.#troubled(batch, undefined);
      // It may have been resumed meanwhile.
      if (typeof end === 'object' && this.#setup.paused.has(end.pausedModel)) batch.hold(end.pausedModel);
    } catch (error) {
      // It was ended on purpose.
      if (signal.aborted) return;
      this.#troubled(batch, toMillraceError(error).message, error);
      this.#rest(batch);
    }
  }

  /** Waits before the batch is tried again. */
  #rest(batch: OpenBatch): void {
    const waitMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(10, batch.failures++));
    batch.isResting = true;
    this.#setup.clock.setTimer(waitMs, () => {
      batch.isResting = false;
      if (batch.isWaiting) this.#waits(batch);
    });
  }

  #apply(batch: OpenBatch, event: BatchEvent, files: readonly NewFile[] = []): Promise<boolean> {
    return batch.changes.run(async () => {
      const at = { nowMs: this.#setup.clock.wallNow(), keepMs: this.options.keepMs };
      const next = afterEvent(batch.record, event, at);
      if (next === undefined) return false;
      const { record } = batch;
      await this.#put(batch, next, files);
      batch.progress = { ...batch.progress, total: next.checkpoint.total };
      if (!hasEnded(next)) return true;
      this.#ended(batch);
      await removeCopy(this.#setup.files, record);
      return true;
    });
  }

  #update(batch: OpenBatch, changes: BatchChanges): Promise<void> {
    return batch.changes.run(async () => {
      if (hasEnded(batch.record)) throw new MillraceError('cancelled', 'the batch has ended');
      const { completed, failed } = batch.record.checkpoint;
      await this.#put(batch, { ...batch.record, ...changes });
      const { checkpoint } = changes;
      if (checkpoint === undefined) return;
      const lines = { completed: checkpoint.completed - completed, failed: checkpoint.failed - failed };
      this.#setup.events.publish('batchProgressed', lines);
    });
  }

  async #put(batch: OpenBatch, record: BatchRecord, files: readonly NewFile[] = []): Promise<void> {
    await this.records.put(record, files);
    batch.record = { ...record, number: batch.record.number };
  }

  #ended(batch: OpenBatch): void {
    const { id, state, checkpoint, endpoint } = batch.record;
    batch.expiry?.clear();
    this.#open.delete(id);
    this.#turns.forget(new Set(this.#all().map(({ owner }) => owner)));
    const { events } = this.#setup;
    events.publish('batchEnded', { state });
    const { total, completed, failed } = checkpoint;
    const fields = { batch: id, endpoint, total, completed, failed };
    events.publish('diagnostic', { level: 'info', room: 'batches', message: `batch is ${state}`, fields });
  }

  #expireLater(batch: OpenBatch): void {
    const { clock } = this.#setup;
    const leftMs = batch.record.expiresAtMs - clock.wallNow();
    batch.expiry = clock.setTimer(Math.max(0, leftMs), () => {
      if (clock.wallNow() < batch.record.expiresAtMs) this.#expireLater(batch);
      else void this.#expire(batch);
    });
  }

  async #expire(batch: OpenBatch): Promise<void> {
    try {
      if (!(await this.#apply(batch, { kind: 'expired' }))) return;
      batch.run?.controller.abort(new MillraceError('deadline_exceeded', 'the batch has expired'));
      if (batch.isWaiting) this.#waits(batch);
    } catch (error) {
      if (this.#isClosed) return;
      this.#troubled(batch, toMillraceError(error).message, error);
      batch.expiry = this.#setup.clock.setTimer(MAX_RETRY_MS, () => void this.#expire(batch));
    }
  }

  #troubled(batch: OpenBatch, reason: string | undefined, error?: unknown): void {
    const isNew = reason !== undefined && batch.trouble === undefined;
    batch.trouble = reason;
    if (!isNew || this.#isClosed) return;
    const message = `batch '${batch.record.id}' waits: ${reason}`;
    this.#setup.events.publish('diagnostic', { level: 'error', room: 'batches', message, error });
  }
}
