import { RepeatedWork, TakeOver } from '../async/index.js';
import { type Clock, type EventBus, type Principal, warnOfFailure } from '../core/index.js';
import type { FileRecord, FileRecords, PrunedFiles, Store } from '../store/index.js';
import { UnknownFile } from './errors.js';
import { Intake } from './intake.js';
import { FileLedger } from './ledger.js';
import type { FilesOptions } from './options.js';
import type { FileGauges } from './types.js';

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
  readonly #takeOver: TakeOver;
  readonly #cleaning: RepeatedWork;

  constructor(setup: FilesSetup) {
    const { options, store, clock } = setup;
    this.#setup = setup;
    this.options = options;
    this.records = store.files;
    this.ledger = new FileLedger(options);
    this.intake = new Intake({ contents: store.files.contents, ledger: this.ledger, options });
    this.#takeOver = new TakeOver({
      clock,
      isDue: () => this.#isDue(),
      takeOver: () => this.#own(),
      onFailure: (error) =>
        warnOfFailure(this.#setup.events, { room: 'files', what: 'stored files cannot be changed' }, error),
    });
    this.#cleaning = new RepeatedWork({
      clock,
      intervalMs: CLEANING_MS,
      work: (isClosed) => this.#clean(isClosed),
      onFailure: (error) =>
        warnOfFailure(this.#setup.events, { room: 'files', what: 'old files could not be removed' }, error),
    });
  }

  gauges(): FileGauges {
    return { files: this.ledger.files, bytes: this.ledger.bytes };
  }

  /** Takes the files of the store over, where there are any. Never rejects: where the store cannot be used, it is tried again. */
  start(): Promise<void> {
    return this.#takeOver.start();
  }

  /** Makes this process the one that changes the files of the store. Rejects where another process is, or the store cannot be used. */
  opened(): Promise<void> {
    return this.#takeOver.opened();
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
    this.#takeOver.close();
    await this.#cleaning.close();
  }

  /** Removes contents that no row names any more. Never rejects: those that could not be removed go when the server starts. */
  async discard(names: readonly string[]): Promise<void> {
    await this.records.contents.discard(names).catch(() => undefined);
  }

  async #isDue(): Promise<boolean> {
    const [totals, free] = await Promise.all([this.records.totals(), this.records.contents.freeBytes()]);
    return totals.length > 0 || free !== undefined;
  }

  async #own(): Promise<void> {
    await this.#setup.store.own();
    await this.records.sweep();
    this.ledger.load(await this.records.totals());
    this.#cleaning.start();
  }

  async #clean(isClosed: () => boolean): Promise<void> {
    const { records } = this;
    const eachPage = async (page: (nowMs: number) => Promise<PrunedFiles>): Promise<void> => {
      for (let hasMore = true; hasMore && !isClosed(); ) {
        const pruned = await page(this.#setup.clock.wallNow());
        for (const released of pruned.released) this.ledger.release(released);
        hasMore = pruned.hasMore;
      }
    };
    await eachPage((nowMs) => records.prune(nowMs));
    await eachPage((nowMs) => records.uploads.prune(nowMs));
  }
}
