import { LaterWrites } from '../../async/index.js';
import { type Clock, type EventBus, type JsonValue, warn } from '../../core/index.js';
import { ShadowBook } from '../../shadows/index.js';
import type { Snapshots } from '../../store/index.js';

const KIND = 'shadow';
/** Under this name, which is that of no route: the names of all others. */
const INDEX = '';
/** At most the counts of so long are missing after a crash. */
const KEEP_AFTER_MS = 1_000;

export interface BooksSetup {
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Counts of the shadows of all routes, kept over restarts. */
export class ShadowBooks {
  readonly #setup: BooksSetup;
  readonly #books = new Map<string, ShadowBook>();
  /** Routes whose counts differ from the stored ones. */
  readonly #changed = new Set<string>();
  readonly #writes: LaterWrites;
  /** The stored counts could not be read, and are not overwritten. */
  #unreadable = false;

  constructor(setup: BooksSetup) {
    this.#setup = setup;
    this.#writes = new LaterWrites({
      ...setup,
      afterMs: KEEP_AFTER_MS,
      write: () => this.#keep(),
      onFailure: (error) =>
        warn(setup.events, 'what is counted of shadows could not be kept, which is tried again', error),
    });
  }

  /** Takes up what was kept. Never rejects: without it, counting begins anew. */
  async load(): Promise<void> {
    const { snapshots, events } = this.#setup;
    try {
      const names = await snapshots.get(KIND, INDEX);
      for (const name of Array.isArray(names) ? names : []) {
        if (typeof name !== 'string') continue;
        const book = ShadowBook.read(await snapshots.get(KIND, name));
        if (book !== undefined) this.#books.set(name, book);
      }
    } catch (error) {
      this.#unreadable = true;
      warn(events, 'what was counted of shadows before cannot be read, and what is counted now is not kept', error);
    }
  }

  find(route: string): ShadowBook | undefined {
    return this.#books.get(route);
  }

  /** Counts something. */
  change(route: string, work: (book: ShadowBook) => void): void {
    let book = this.#books.get(route);
    if (book === undefined) {
      book = new ShadowBook(this.#setup.clock.wallNow());
      this.#books.set(route, book);
      this.#keepSoon(INDEX);
    }
    work(book);
    this.#keepSoon(route);
  }

  forget(route: string): void {
    if (!this.#books.delete(route)) return;
    this.#keepSoon(INDEX);
    this.#keepSoon(route);
  }

  /** Keeps what has not been kept yet. */
  close(): Promise<void> {
    return this.#writes.close();
  }

  #keepSoon(name: string): void {
    if (this.#unreadable) return;
    this.#changed.add(name);
    this.#writes.changed();
  }

  async #keep(): Promise<void> {
    const { snapshots } = this.#setup;
    const names = [...this.#changed];
    this.#changed.clear();
    try {
      for (const name of names) {
        const value: JsonValue | undefined = name === INDEX ? [...this.#books.keys()] : this.#keptOf(name);
        await (value === undefined ? snapshots.remove(KIND, name) : snapshots.put(KIND, name, value));
      }
    } catch (error) {
      for (const name of names) this.#changed.add(name);
      throw error;
    }
  }

  #keptOf(route: string): JsonValue | undefined {
    // A stored book is JSON throughout, part of it checked by another schema.
    return this.#books.get(route)?.toKept() as JsonValue | undefined;
  }
}
