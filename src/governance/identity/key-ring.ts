import { timingSafeEqual } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Principal } from '../../core/index.js';
import type { KeyRecord, KeyUse } from '../../store/index.js';
import { digestOf, idOfApiKey } from './api-key.js';
import type { SteadyTime } from './steady-time.js';

/** Why a key is refused; for the log alone. */
export type KeyProblem = 'malformed' | 'unknown' | 'wrong secret' | 'revoked' | 'rotated out' | 'expired';

export interface RefusedKey {
  readonly problem: KeyProblem;
  /** undefined = it says none. */
  readonly id: string | undefined;
}

/** One of the texts that a key is known by: before and after it was rotated there are two. */
interface Secret {
  readonly digest: string;
  /** Made when it is first used; who comes with another secret of the same key is another one, of the same name. */
  principal: Principal | undefined;
}

interface Entry {
  record: KeyRecord;
  current: Secret;
  previous: Secret | undefined;
  lastUsedAtMs: number | undefined;
  /** That it was used, since {@link KeyRing.takeUses}. */
  isNoted: boolean;
  /** Nothing of it ends by time, and it is not revoked. */
  readonly isEndless: boolean;
}

interface Match {
  readonly entry: Entry;
  readonly secret: Secret;
}

export interface KeyRingSetup {
  readonly principalOf: (record: KeyRecord) => Principal;
  readonly time: SteadyTime;
  /** Compares two digests of the same length in constant time. */
  readonly isEqual?: (a: Buffer, b: Buffer) => boolean;
}

/** Keys that were checked, so that those in use are hashed once. */
const MAX_REMEMBERED = 10_000;
/** Of no key. */
const NO_DIGEST = Buffer.alloc(32);

/** All API keys of the store, in memory. Looking one up costs the same however many there are. */
export class KeyRing {
  readonly #setup: KeyRingSetup;
  readonly #isEqual: (a: Buffer, b: Buffer) => boolean;
  readonly #entries = new Map<string, Entry>();
  /** Ids by name, of those that are not revoked. */
  readonly #names = new Map<string, string>();
  /** With a secret that holds for a while only. */
  readonly #rotating = new Set<Entry>();
  readonly #remembered = new Map<string, Match>();
  readonly #used = new Set<Entry>();

  constructor(setup: KeyRingSetup) {
    this.#setup = setup;
    this.#isEqual = setup.isEqual ?? timingSafeEqual;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): KeyRecord | undefined {
    const entry = this.#entries.get(id);
    return entry && recordOf(entry);
  }

  /** Those that are not revoked and have not expired. */
  *usable(): Generator<KeyRecord> {
    for (const { record } of this.#entries.values()) if (this.#isUsable(record)) yield record;
  }

  /** The one of this id, where it is among {@link usable}. */
  usableById(id: string): KeyRecord | undefined {
    const record = this.get(id);
    return record !== undefined && this.#isUsable(record) ? record : undefined;
  }

  /** The one of this name that is not revoked. */
  named(name: string): KeyRecord | undefined {
    const id = this.#names.get(name);
    return id === undefined ? undefined : this.get(id);
  }

  /** Adds a key or replaces what was known of it; what is known already changes nothing. Gives the principals that hold no more. */
  put(record: KeyRecord): readonly Principal[] {
    const before = this.#entries.get(record.id);
    if (before !== undefined && isSame(before.record, record)) return [];
    const kept = [before?.current, before?.previous];
    const secretOf = (digest: string): Secret =>
      kept.find((secret) => secret?.digest === digest) ?? { digest, principal: undefined };
    const entry: Entry = {
      record,
      current: secretOf(record.digest),
      previous: record.previous && secretOf(record.previous.digest),
      lastUsedAtMs: before?.lastUsedAtMs ?? record.lastUsedAtMs,
      isNoted: before?.isNoted ?? false,
      isEndless: record.revokedAtMs === undefined && record.expiresAtMs === undefined && record.previous === undefined,
    };
    this.#entries.set(record.id, entry);
    if (before !== undefined) this.#forget(before);
    if (record.revokedAtMs === undefined) {
      this.#names.set(record.name, record.id);
      if (entry.previous !== undefined) this.#rotating.add(entry);
    }
    const stays = record.revokedAtMs === undefined ? [entry.current, entry.previous] : [];
    return kept.flatMap((secret) =>
      secret?.principal === undefined || stays.includes(secret) ? [] : [secret.principal],
    );
  }

  /** Forgets a key. Gives the principals that hold no more. */
  remove(id: string): readonly Principal[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    this.#entries.delete(id);
    this.#forget(entry);
    return [entry.current, entry.previous].flatMap((secret) => secret?.principal ?? []);
  }

  ids(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Whose key it is, or why it is refused. An unknown id costs as much as a wrong secret. */
  find(key: string): Principal | RefusedKey {
    let match = this.#remembered.get(key);
    if (match === undefined) {
      const found = this.#match(key);
      if ('problem' in found) return found;
      match = found;
    }
    const { entry, secret } = match;
    // Most keys have no end: the clock costs as much as all the rest.
    const problem = entry.isEndless ? undefined : problemOf(match, this.#setup.time.now());
    if (problem !== undefined) return { problem, id: entry.record.id };
    if (!entry.isNoted) this.#note(entry);
    secret.principal ??= this.#setup.principalOf(entry.record);
    return secret.principal;
  }

  /** When the next rotated key ceases to hold. */
  nextEndMs(): number | undefined {
    let next: number | undefined;
    for (const { record } of this.#rotating) {
      const endsAtMs = record.previous?.endsAtMs;
      if (endsAtMs !== undefined && (next === undefined || endsAtMs < next)) next = endsAtMs;
    }
    return next;
  }

  /** Principals of rotated keys that hold no more; each is given once. */
  takeEnded(): readonly Principal[] {
    const now = this.#setup.time.now();
    const ended: Principal[] = [];
    for (const entry of this.#rotating) {
      if (now < (entry.record.previous?.endsAtMs ?? 0)) continue;
      this.#rotating.delete(entry);
      if (entry.previous?.principal !== undefined) ended.push(entry.previous.principal);
    }
    return ended;
  }

  /** Keys that were used since this was asked before, and when for the first time since then. */
  takeUses(): readonly KeyUse[] {
    const uses: KeyUse[] = [];
    for (const entry of this.#used) {
      entry.isNoted = false;
      uses.push({ id: entry.record.id, atMs: entry.lastUsedAtMs ?? 0 });
    }
    this.#used.clear();
    return uses;
  }

  #note(entry: Entry): void {
    entry.isNoted = true;
    entry.lastUsedAtMs = this.#setup.time.now();
    this.#used.add(entry);
  }

  #match(key: string): Match | RefusedKey {
    const id = idOfApiKey(key);
    if (id === undefined) return { problem: 'malformed', id };
    const entry = this.#entries.get(id);
    const digest = digestOf(key);
    const isCurrent = this.#isEqual(digest, bytesOf(entry?.current));
    const isPrevious = this.#isEqual(digest, bytesOf(entry?.previous));
    if (entry === undefined) return { problem: 'unknown', id };
    const secret = isCurrent ? entry.current : isPrevious ? entry.previous : undefined;
    if (secret === undefined) return { problem: 'wrong secret', id };
    const match = { entry, secret };
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, match);
    return match;
  }

  #forget(entry: Entry): void {
    const { id, name } = entry.record;
    this.#rotating.delete(entry);
    if (this.#names.get(name) === id) this.#names.delete(name);
    if (this.#used.delete(entry)) {
      const now = this.#entries.get(id);
      if (now !== undefined) this.#used.add(now);
    }
    for (const [key, match] of this.#remembered) if (match.entry === entry) this.#remembered.delete(key);
  }

  #isUsable({ revokedAtMs, expiresAtMs = Number.POSITIVE_INFINITY }: KeyRecord): boolean {
    return revokedAtMs === undefined && expiresAtMs > this.#setup.time.now();
  }
}

/** Whatever is known of their use. */
function isSame({ lastUsedAtMs: _, ...one }: KeyRecord, { lastUsedAtMs: __, ...other }: KeyRecord): boolean {
  return isDeepStrictEqual(one, other);
}

function recordOf({ record, lastUsedAtMs }: Entry): KeyRecord {
  return { ...record, lastUsedAtMs };
}

function problemOf({ entry: { record, current }, secret }: Match, now: number): KeyProblem | undefined {
  if (record.revokedAtMs !== undefined) return 'revoked';
  if (secret !== current && now >= (record.previous?.endsAtMs ?? 0)) return 'rotated out';
  return record.expiresAtMs !== undefined && now >= record.expiresAtMs ? 'expired' : undefined;
}

function bytesOf(secret: Secret | undefined): Buffer {
  return secret === undefined ? NO_DIGEST : Buffer.from(secret.digest, 'hex');
}
