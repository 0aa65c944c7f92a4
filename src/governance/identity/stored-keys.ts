import { type Clock, type EventBus, MillraceError, type Principal, type Timer } from '../../core/index.js';
import { type KeyRecord, type KeyRecords, pagesOfKeys, type WrittenKey } from '../../store/index.js';
import type { AccessPolicy } from '../access/policy.js';
import { isApiKey, unknownKey } from './api-key.js';
import { KeyRing, type RefusedKey } from './key-ring.js';
import { SteadyTime } from './steady-time.js';
import type { TokenSource } from './token-source.js';

/** Called with those whose credential has been taken away: what runs for them is to end. */
export type OnEnded = (principals: ReadonlySet<Principal>) => void;

export interface StoredKeysSetup {
  readonly records: KeyRecords;
  readonly policy: AccessPolicy;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Whether a key of the settings has the name. */
  readonly isTaken: (name: string) => boolean;
}

/** Begins the owner id of an API key of the store; its id follows. */
const OWNER_PREFIX = 'key#';
const RETRY_MS = 5_000;
const WRITE_INTERVAL_MS = 60_000;
const MAX_WRITTEN = 1_000;
/** A wall clock that is set is noticed after this long. */
const MAX_WAIT_MS = 60_000;

/**
 * API keys of the store. They are read once, then what other processes change, and looked up in memory. While they have never been read,
 * each is `unavailable`; nobody else is affected.
 */
export class StoredKeys implements TokenSource {
  readonly ring: KeyRing;
  readonly time: SteadyTime;
  readonly #setup: StoredKeysSetup;
  readonly #onEnded = new Set<OnEnded>();
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  /** Of what was read last, in the order of all that is written to the store. */
  #position: number | undefined;
  /** Refused, as a key of the settings has their name. */
  readonly #hidden = new Map<string, KeyRecord>();
  #isClosed = false;
  /** Why they could not be read. */
  #fault: MillraceError | undefined;
  #problem = '';
  #endTimer: Timer | undefined;
  #writeTimer: Timer | undefined;
  #retryTimer: Timer | undefined;

  constructor(setup: StoredKeysSetup) {
    this.#setup = setup;
    this.time = new SteadyTime(setup.clock);
    this.ring = new KeyRing({ principalOf: (record) => this.#principalOf(record), time: this.time });
  }

  takes(token: string): boolean {
    return isApiKey(token);
  }

  /** Waits only while the keys are being read. Throws `unauthenticated`, whose cause says why, or `unavailable`. */
  principalOf(token: string): Principal | Promise<Principal> {
    if (this.#isLoaded) return this.#check(token);
    return this.load().then(() => this.#check(token));
  }

  /** The settings have other keys: those of the store that were refused for their names may hold now. */
  takeHidden(): void {
    const hidden = [...this.#hidden.values()];
    this.#hidden.clear();
    if (hidden.length > 0) this.#changed(hidden.flatMap((record) => this.#take(record)));
  }

  onEnded(listener: OnEnded): void {
    this.#onEnded.add(listener);
  }

  /** Reads all keys, once; what goes wrong is reported, and tried again. Never rejects. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** The principal of the key with this {@link Principal.ownerId}, where it holds now. Rejects with `unavailable` where that cannot be read. */
  async recall(ownerId: string): Promise<Principal | undefined> {
    await this.load();
    this.checkReadable();
    const record = ownerId.startsWith(OWNER_PREFIX)
      ? this.ring.usableById(ownerId.slice(OWNER_PREFIX.length))
      : undefined;
    return record && this.#principalOf(record);
  }

  /** Throws `unavailable`, and why, where they could not be read. */
  checkReadable(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Takes what other processes have written since it was read. Rejects with what the store does. To be called while no key changes. */
  async catchUp(): Promise<void> {
    if (!this.#isLoaded) {
      await this.load();
      return this.checkReadable();
    }
    for (let hasMore = true; hasMore; ) {
      const since = await this.#setup.records.since(this.#position);
      if (since === undefined) return this.#readAll();
      this.#follow(since.written);
      this.#position = since.position;
      hasMore = since.hasMore;
    }
  }

  /** Puts in force what is in the store. */
  put(record: KeyRecord): void {
    this.#changed(this.ring.put(record));
  }

  /** Writes when keys were used last. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of [this.#endTimer, this.#writeTimer, this.#retryTimer]) timer?.clear();
    await this.#writeUses();
  }

  async #load(): Promise<void> {
    try {
      await this.#readAll();
    } catch (error) {
      this.#fault = error as MillraceError;
      this.#report('error', `API keys cannot be read, and are refused until they can be: ${this.#fault.message}`);
      this.#loading = undefined;
      if (!this.#isClosed) this.#retryTimer = this.#setup.clock.setTimer(RETRY_MS, () => void this.load());
      return;
    }
    if (this.#fault !== undefined) this.#report('info', 'API keys can be read again');
    this.#fault = undefined;
    this.#isLoaded = true;
  }

  /** Also where it is not known what has changed. */
  async #readAll(): Promise<void> {
    const { records } = this.#setup;
    const gone = new Set([...this.ring.ids(), ...this.#hidden.keys()]);
    const position = await records.position();
    for await (const page of pagesOfKeys(records)) {
      this.#follow(page.map((record) => ({ id: record.id, record })));
      for (const { id } of page) gone.delete(id);
    }
    this.#follow([...gone].map((id) => ({ id, record: undefined })));
    this.#position = position;
  }

  #follow(written: readonly WrittenKey[]): void {
    if (written.length === 0) return;
    this.#changed(written.flatMap(({ id, record }) => (record ? this.#take(record) : this.#remove(id))));
  }

  #take(record: KeyRecord): readonly Principal[] {
    const { name, id, revokedAtMs } = record;
    this.#hidden.delete(id);
    if (revokedAtMs !== undefined || !this.#setup.isTaken(name)) return this.ring.put(record);
    this.#hidden.set(id, record);
    this.#report('warn', `API key ${id} is refused: a key of 'auth.keys' has its name, '${name}'`);
    return [];
  }

  #remove(id: string): readonly Principal[] {
    this.#hidden.delete(id);
    return this.ring.remove(id);
  }

  #changed(ended: readonly Principal[]): void {
    if (ended.length > 0) this.#end(ended);
    this.#awaitEnd();
    this.#writeLater();
  }

  #check(token: string): Principal {
    if (this.#fault !== undefined) {
      const message = 'API keys cannot be checked at the moment; the log of the server says why';
      throw new MillraceError('unavailable', message, { retryAfterMs: RETRY_MS, cause: this.#fault });
    }
    const found = this.ring.find(token);
    if (isRefused(found)) throw unknownKey(describe(found));
    return found;
  }

  #principalOf({ id, name, groups, grants }: KeyRecord): Principal {
    return this.#setup.policy.principalOf({ kind: 'key', name, ownerId: `${OWNER_PREFIX}${id}`, groups, grants });
  }

  #end(principals: readonly Principal[]): void {
    const ended = new Set(principals);
    for (const listener of this.#onEnded) listener(ended);
  }

  /** Until the next rotated key ceases to hold. */
  #awaitEnd(): void {
    this.#endTimer?.clear();
    const next = this.ring.nextEndMs();
    if (next === undefined || this.#isClosed) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, next - this.time.now()));
    this.#endTimer = this.#setup.clock.setTimer(waitMs, () => {
      this.#end(this.ring.takeEnded());
      this.#awaitEnd();
    });
  }

  #writeLater(): void {
    if (this.ring.size === 0 || this.#isClosed || this.#writeTimer !== undefined) return;
    this.#writeTimer = this.#setup.clock.setTimer(WRITE_INTERVAL_MS, () => {
      this.#writeTimer = undefined;
      void this.#writeUses().then(() => this.#writeLater());
    });
  }

  async #writeUses(): Promise<void> {
    const uses = this.ring.takeUses();
    try {
      for (let from = 0; from < uses.length; from += MAX_WRITTEN) {
        await this.#setup.records.noteUses(uses.slice(from, from + MAX_WRITTEN));
      }
      this.#problem = '';
    } catch (error) {
      this.#report('warn', `it could not be stored when API keys were used: ${(error as Error).message}`);
    }
  }

  /** Says the same once in a row. */
  #report(level: 'info' | 'warn' | 'error', message: string): void {
    if (message === this.#problem) return;
    this.#problem = message;
    this.#setup.events.publish('diagnostic', { level, room: 'app', message });
  }
}

/** By what it has and not by `in`, which costs more. */
function isRefused(found: Principal | RefusedKey): found is RefusedKey {
  return (found as Partial<RefusedKey>).problem !== undefined;
}

function describe({ problem, id }: RefusedKey): string {
  return id === undefined ? 'it is malformed' : `API key ${id}: ${problem}`;
}
