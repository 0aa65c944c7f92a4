/**
 * What owners ({@link Principal.ownerId}) have in common room: at most so many entries in all. Where there is no more room, the least recently
 * set entry goes of the owner that has most, so that an owner with few keeps them. All of it in constant time.
 */
export class OwnerLru<Value> {
  readonly #maxEntries: number;
  readonly #owners = new Map<string, Map<string, Value>>();
  /** Owners by how many entries they have. */
  readonly #bySize = new Map<number, Set<string>>();
  #largest = 0;
  #size = 0;

  /** `maxEntries` at least 1. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(ownerId: string, key: string): Value | undefined {
    return this.#owners.get(ownerId)?.get(key);
  }

  /** Returns the entry that had to go, if one had. */
  set(ownerId: string, key: string, value: Value): Value | undefined {
    const entries = this.#owners.get(ownerId) ?? new Map<string, Value>();
    const isNew = !entries.delete(key);
    entries.set(key, value);
    if (!isNew) return undefined;
    this.#owners.set(ownerId, entries);
    this.#resized(ownerId, entries.size - 1, entries.size);
    this.#size++;
    return this.#size > this.#maxEntries ? this.#evict() : undefined;
  }

  /** Returns the entry that was there. */
  delete(ownerId: string, key: string): Value | undefined {
    const entries = this.#owners.get(ownerId);
    const value = entries?.get(key);
    if (entries?.delete(key) !== true) return undefined;
    if (entries.size === 0) this.#owners.delete(ownerId);
    this.#resized(ownerId, entries.size + 1, entries.size);
    this.#size--;
    return value;
  }

  #evict(): Value | undefined {
    const [ownerId] = this.#bySize.get(this.#largest) ?? [];
    const [oldest] = (ownerId !== undefined && this.#owners.get(ownerId)?.keys()) || [];
    return ownerId === undefined || oldest === undefined ? undefined : this.delete(ownerId, oldest);
  }

  /** Sizes change by one, so the largest is found without a search. */
  #resized(ownerId: string, from: number, to: number): void {
    const before = this.#bySize.get(from);
    before?.delete(ownerId);
    if (before?.size === 0) this.#bySize.delete(from);
    if (to > 0) {
      const now = this.#bySize.get(to) ?? new Set();
      this.#bySize.set(to, now.add(ownerId));
    }
    if (to > this.#largest || !this.#bySize.has(this.#largest)) this.#largest = to;
  }
}
