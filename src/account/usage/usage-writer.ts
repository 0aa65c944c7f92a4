import { randomUUID } from 'node:crypto';
import { type Clock, type EventBus, toMillraceError } from '../../core/index.js';
import { HOUR_MS, type MeteringOptions, requestsOf, type UsageBook } from '../../metering/index.js';
import type { UsageBatch, UsageRecords } from '../../store/index.js';

/** So long what was counted may wait to be written: with the time that this takes it is less than a second. */
const WRITE_EVERY_MS = 300;
/** Before it is tried again to write what could not be. */
const RETRY_MS = 5_000;
/** Increments that are written together: more would hold up the event loop. */
const MAX_BATCH = 1_000;
const DAY_MS = 24 * HOUR_MS;

export interface UsageWriterSetup {
  readonly book: UsageBook;
  readonly records: UsageRecords;
  readonly options: Pick<MeteringOptions, 'keepHoursDays' | 'keepDays' | 'maxSeriesPerHour'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Writes what a book has counted to the store, each increment once: a batch that may have been written or not is sent again under its
 * number. While the store cannot be written, the book keeps what it has room for.
 */
export class UsageWriter {
  readonly #setup: UsageWriterSetup;
  readonly #writer = randomUUID();
  #batches = 0;
  /** Not known to be written. */
  #batch: UsageBatch | undefined;
  #writing: Promise<void> | undefined;
  #isTimed = false;
  #isClosed = false;
  #isFailing = false;
  #prunedAt = Number.NEGATIVE_INFINITY;
  #saidLost = 0;
  #saidFolded = { hourMs: 0, folded: 0 };

  constructor(setup: UsageWriterSetup) {
    this.#setup = setup;
  }

  /** Something has been counted. */
  wake(): void {
    if (!this.#isTimed) this.#wakeIn(WRITE_EVERY_MS);
  }

  /** Writes what has been counted until now. Rejects where the store cannot be written; nothing is lost by that. */
  async flush(): Promise<void> {
    // The increments being written were taken before.
    await this.#writing?.catch(() => undefined);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** Writes the rest; what cannot be written now is lost, and said to be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { book } = this.#setup;
    await this.flush().catch((error: unknown) => {
      book.lose(this.#batch?.increments ?? []);
      this.#batch = undefined;
      book.lose(book.take(Number.POSITIVE_INFINITY));
      this.#sayFailing(error);
    });
    this.#sayLost();
  }

  #wakeIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#isTimed = true;
    this.#setup.clock.setTimer(delayMs, () => void this.#work());
  }

  async #work(): Promise<void> {
    try {
      await this.flush();
      this.#isFailing = false;
      void this.#prune().catch(() => undefined);
    } catch (error) {
      this.#sayFailing(error);
    }
    this.#sayLost();
    this.#sayFolded();
    this.#isTimed = false;
    if (this.#isFailing) this.#wakeIn(RETRY_MS);
    else if (this.#setup.book.pending > 0) this.wake();
  }

  async #write(): Promise<void> {
    const { book, records } = this.#setup;
    // Increments that arrive during a write wait for the next one.
    let left = book.pending;
    while (this.#batch !== undefined || left > 0) {
      if (this.#batch === undefined) {
        this.#batch = {
          writer: this.#writer,
          number: ++this.#batches,
          increments: book.take(Math.min(left, MAX_BATCH)),
        };
        left -= this.#batch.increments.length;
      }
      await records.add(this.#batch);
      this.#batch = undefined;
    }
  }

  /** Once an hour, in steps between which others have their turn. */
  async #prune(): Promise<void> {
    const { clock, records, options } = this.#setup;
    if (clock.now() - this.#prunedAt < HOUR_MS) return;
    this.#prunedAt = clock.now();
    const nowMs = clock.wallNow();
    const horizons = {
      hoursBeforeMs: nowMs - options.keepHoursDays * DAY_MS - HOUR_MS,
      daysBeforeMs: nowMs - options.keepDays * DAY_MS - DAY_MS,
    };
    while (!this.#isClosed && (await records.prune(horizons)).hasMore);
  }

  /** Once, until it works again. */
  #sayFailing(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const reason = toMillraceError(error).message;
    this.#say(`usage cannot be written, and is kept in memory as far as there is room: ${reason}`, error);
  }

  #sayLost(): void {
    const lost = requestsOf(this.#setup.book.lost);
    if (lost === this.#saidLost) return;
    this.#say(`the usage of ${lost - this.#saidLost} requests is lost: it could not be written in time`);
    this.#saidLost = lost;
  }

  /** Once an hour. */
  #sayFolded(): void {
    const { book, clock, options } = this.#setup;
    const nowMs = clock.wallNow();
    const hourMs = nowMs - (nowMs % HOUR_MS);
    if (book.folded === this.#saidFolded.folded || hourMs === this.#saidFolded.hourMs) return;
    this.#saidFolded = { hourMs, folded: book.folded };
    this.#say(
      `more than ${options.maxSeriesPerHour} principals and models are used in this hour: the rest counts for the principal '(other)'; raise metering.maxSeriesPerHour`,
    );
  }

  #say(message: string, error?: unknown): void {
    this.#setup.events.publish('diagnostic', { level: 'warn', room: 'service', message, error });
  }
}
