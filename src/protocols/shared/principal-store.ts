import type { CallContext, Clock, Timer } from '../../core/index.js';
import { admit } from '../../governance/index.js';

/** What a store may hold, of all principals together. */
export interface PrincipalStoreLimits {
  /** 0 = nothing is kept. */
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Milliseconds after which an entry is forgotten. */
  readonly maxAgeMs: number;
}

interface Entry {
  readonly value: Uint8Array;
  readonly expiresAt: number;
}

/** What one owner has, oldest first. */
interface Owned {
  readonly entries: Map<string, Entry>;
  sizeBytes: number;
}

/**
 * Bytes that callers come back for, in memory. Each belongs to the owner that put it there ({@link Principal.ownerId}): for others it does not
 * exist. Where there is no room, the oldest go of the owner that has most of what there is too much of: entries or bytes.
 */
export class PrincipalStore {
  readonly #limits: PrincipalStoreLimits;
  readonly #clock: Clock;
  readonly #owners = new Map<string, Owned>();
  #timer: Timer | undefined;
  #count = 0;
  #sizeBytes = 0;

  constructor(limits: PrincipalStoreLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Something can be kept at all. */
  get keeps(): boolean {
    return this.#limits.maxEntries > 0;
  }

  /** Bytes of all values. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** False where it is larger than all that may be kept. Needs the right `model.infer`, as all that follows. */
  put({ principal }: CallContext, id: string, value: Uint8Array): boolean {
    admit(principal, 'model.infer', '');
    const { maxEntries, maxBytes, maxAgeMs } = this.#limits;
    if (maxEntries === 0 || value.length > maxBytes) return false;
    this.#remove(principal.ownerId, id);
    while (this.#count >= maxEntries) this.#forgetOne(({ entries }) => entries.size);
    while (this.#sizeBytes + value.length > maxBytes) this.#forgetOne(({ sizeBytes }) => sizeBytes);
    let owned = this.#owners.get(principal.ownerId);
    if (owned === undefined) {
      owned = { entries: new Map(), sizeBytes: 0 };
      this.#owners.set(principal.ownerId, owned);
    }
    owned.entries.set(id, { value, expiresAt: this.#clock.now() + maxAgeMs });
    owned.sizeBytes += value.length;
    this.#count++;
    this.#sizeBytes += value.length;
    this.#timer ??= this.#clock.setTimer(maxAgeMs, () => this.#forgetOld());
    return true;
  }

  get({ principal }: CallContext, id: string): Uint8Array | undefined {
    admit(principal, 'model.infer', '');
    return this.#owners.get(principal.ownerId)?.entries.get(id)?.value;
  }

  /** False where there is none. */
  delete({ principal }: CallContext, id: string): boolean {
    admit(principal, 'model.infer', '');
    return this.#remove(principal.ownerId, id);
  }

  #remove(owner: string, id: string): boolean {
    const owned = this.#owners.get(owner);
    const entry = owned?.entries.get(id);
    if (owned === undefined || entry === undefined) return false;
    owned.entries.delete(id);
    owned.sizeBytes -= entry.value.length;
    this.#count--;
    this.#sizeBytes -= entry.value.length;
    if (owned.entries.size === 0) this.#owners.delete(owner);
    return true;
  }

  /** The oldest of the owner that has most, as `weigh` says. */
  #forgetOne(weigh: (owned: Owned) => number): void {
    let most: readonly [string, Owned] | undefined;
    for (const each of this.#owners) if (most === undefined || weigh(each[1]) > weigh(most[1])) most = each;
    const oldest = most?.[1].entries.keys().next().value;
    if (most !== undefined && oldest !== undefined) this.#remove(most[0], oldest);
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const [owner, { entries }] of this.#owners) {
      for (const [id, { expiresAt }] of entries) {
        if (expiresAt > now) {
          nextAt = Math.min(nextAt, expiresAt);
          break;
        }
        this.#remove(owner, id);
      }
    }
    this.#timer =
      nextAt === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimer(nextAt - now, () => this.#forgetOld());
  }
}
