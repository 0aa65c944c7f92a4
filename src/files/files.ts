import { type Clock, type EventBus, type Principal, shuttingDown, type Timer, toMillraceError } from '../core/index.js';
import type { FileRecord, FileRecords, PrunedFiles, Store } from '../store/index.js';
import { UnknownFile } from './errors.js';
import { Intake } from './intake.js';
import { FileLedger } from './ledger.js';
import type { FilesOptions } from './options.js';
import type { FileGauges } from './types.js';

/** Between two attempts to take over the files of a store that cannot be used. */
const RETRY_MS = 1_000;
const CLEANING_MS = 15_000;

export interface FilesSetup {
  readonly options: FilesOptions;
  readonly store: Pick<Store, 'files' | 'own'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** The files of a server: counting them, and removing those whose time is over. */
export class Files {
  readonly options: FilesOptions;
  readonly records: FileRecords;
  readonly ledger: FileLedger;
  readonly intake: Intake;
  readonly #setup: FilesSetup;
  #opening: Promise<void> | undefined;
  #timer: Timer | undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(setup: FilesSetup) {
    const { options, store } = setup;
    this.#setup = setup;
    this.options = options;
    this.records = store.files;
    this.ledger = new FileLedger(options);
    this.intake = new Intake({ contents: store.files.contents, ledger: this.ledger, options });
  }

  gauges(): FileGauges {
    return { files: this.ledger.files, bytes: this.ledger.bytes };
  }

  /** Takes the files of the store over, where there are any. Never rejects: where the store cannot be used, it is tried again. */
  async start(): Promise<void> {
    try {
      const [totals, free] = await Promise.all([this.records.totals(), this.records.contents.freeBytes()]);
      if (totals.length > 0 || free !== undefined) await this.opened();
      this.#isFailing = false;
    } catch (error) {
      if (this.#isClosed) return;
      this.#warn('stored files cannot be changed', error);
      this.#timer = this.#setup.clock.setTimer(RETRY_MS, () => void this.start());
    }
  }

  /** Makes this process the one that changes the files of the store. Rejects where another process is, or the store cannot be used. */
  opened(): Promise<void> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    this.#opening ??= this.#takeOver().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** A file of the principal that is not over. */
  async find({ ownerId }: Principal, id: string): Promise<FileRecord> {
    const record = await this.records.get(id);
    if (record === undefined || record.owner !== ownerId || record.expiresAtMs <= this.#setup.clock.wallNow()) {
      throw new UnknownFile('file', id);
    }
    return record;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#cleaning;
  }

  async #takeOver(): Promise<void> {
    await this.#setup.store.own();
    await this.records.sweep();
    this.ledger.load(await this.records.totals());
    this.#cleanLater();
  }

  #cleanLater(): void {
    if (this.#isClosed) return;
    this.#timer?.clear();
    this.#timer = this.#setup.clock.setTimer(CLEANING_MS, () => {
      this.#cleaning = this.#clean().finally(() => this.#cleanLater());
    });
  }

  async #clean(): Promise<void> {
    const { records } = this;
    try {
      await this.#eachPage((nowMs) => records.prune(nowMs));
      await this.#eachPage((nowMs) => records.uploads.prune(nowMs));
      this.#isFailing = false;
    } catch (error) {
      this.#warn('old files could not be removed', error);
    }
  }

  async #eachPage(page: (nowMs: number) => Promise<PrunedFiles>): Promise<void> {
    for (let hasMore = true; hasMore && !this.#isClosed; ) {
      const pruned = await page(this.#setup.clock.wallNow());
      for (const released of pruned.released) this.ledger.release(released);
      hasMore = pruned.hasMore;
    }
  }

  #warn(what: string, thrown: unknown): void {
    if (this.#isFailing || this.#isClosed) return;
    this.#isFailing = true;
    const error = toMillraceError(thrown);
    const message = `${what}: ${error.message}`;
    this.#setup.events.publish('diagnostic', { level: 'warn', room: 'files', message, error });
  }
}
