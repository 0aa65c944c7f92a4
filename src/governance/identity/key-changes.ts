import { SerialQueue } from '../../async/index.js';
import { MillraceError } from '../../core/index.js';
import type { ChangedBy, KeyRecord, KeyRecords } from '../../store/index.js';
import type { Grant } from '../access/rights.js';
import { createApiKey } from './api-key.js';
import type { StoredKeys } from './stored-keys.js';

/** What somebody asks for who makes a key. */
export interface KeyRequest {
  readonly name: string;
  /** Default: nobody. */
  readonly owner?: string | undefined;
  readonly grants: readonly Grant[];
  readonly groups?: readonly string[] | undefined;
  /** Milliseconds since the Unix epoch; default: never. */
  readonly expiresAtMs?: number | undefined;
}

export interface KeyRotation {
  readonly overlapMs: number;
  readonly expiresAtMs?: number | undefined;
}

/** A key that is shown once. */
export interface ShownKey {
  readonly key: string;
  readonly record: KeyRecord;
}

/** The record of a new key, and the key. */
export function newKey(request: KeyRequest, by: ChangedBy): ShownKey {
  const { id, key, digest } = createApiKey();
  const { name, owner = '', grants, groups = [], expiresAtMs } = request;
  const record: KeyRecord = {
    id,
    name,
    owner,
    grants,
    groups,
    digest,
    createdAtMs: by.atMs,
    createdBy: by.principal,
    expiresAtMs,
    rotatedAtMs: undefined,
    previous: undefined,
    revokedAtMs: undefined,
    revokedBy: undefined,
    lastUsedAtMs: undefined,
  };
  return { key, record };
}

/** Changes keys in the store first, and then what is in force. One change at a time, each of what is there then, also by other processes. */
export class KeyChanges {
  readonly #keys: StoredKeys;
  readonly #records: KeyRecords;
  readonly #turns = new SerialQueue();

  constructor(keys: StoredKeys, records: KeyRecords) {
    this.#keys = keys;
    this.#records = records;
  }

  /** `already_exists` where a key that is not revoked has the name. */
  create(request: KeyRequest, by: ChangedBy): Promise<ShownKey> {
    return this.#inTurn(async () => {
      const made = newKey(request, by);
      await this.#records.create(made.record);
      this.#keys.put(made.record);
      return made;
    });
  }

  /** Gives the key another secret; the one that it has holds for `overlapMs` as well. Default of its end: as before. */
  rotate(id: string, { overlapMs, expiresAtMs }: KeyRotation, by: ChangedBy): Promise<ShownKey> {
    return this.#inTurn(async () => {
      const before = this.#usable(id);
      const { key, digest } = createApiKey(id);
      const previous = overlapMs > 0 ? { digest: before.digest, endsAtMs: by.atMs + overlapMs } : undefined;
      const ends = { expiresAtMs: expiresAtMs ?? before.expiresAtMs };
      const record = { ...before, ...ends, digest, previous, rotatedAtMs: by.atMs };
      await this.#records.update(record, before.digest);
      this.#keys.put(record);
      return { key, record };
    });
  }

  /** Takes the key away for good, unless `check` throws, which is asked while no other key changes. */
  revoke(id: string, by: ChangedBy, check: (record: KeyRecord) => void = () => undefined): Promise<KeyRecord> {
    return this.#inTurn(async () => {
      const before = this.#usable(id);
      check(before);
      const record = { ...before, previous: undefined, revokedAtMs: by.atMs, revokedBy: by.principal };
      await this.#records.update(record, before.digest);
      this.#keys.put(record);
      return record;
    });
  }

  #usable(id: string): KeyRecord {
    const record = this.#keys.ring.get(id);
    if (record === undefined) throw new MillraceError('not_found', `there is no key '${id}'`);
    if (record.revokedAtMs === undefined) return record;
    throw new MillraceError('failed_precondition', `key '${record.name}' (${id}) is revoked: make another one`);
  }

  /** Takes what other processes have changed. Rejects where it cannot be read. */
  catchUp(): Promise<void> {
    return this.alone(() => this.#keys.catchUp());
  }

  /** Does something while no key changes. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(work);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.alone(async () => {
      await this.#keys.catchUp();
      return work();
    });
  }
}
