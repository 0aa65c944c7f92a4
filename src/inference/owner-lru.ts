/**
 * A bounded map that owners ({@link Principal.ownerId}) share. When it is full, it evicts the least recently set entry of the owner with most
 * entries, so that one owner cannot evict those of owners with few. Every operation takes constant time.
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

  /** Returns the evicted entry, if any. */
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

  /** Returns the deleted entry, if any. */
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
    for (const ownerId of this.#bySize.get(this.#largest) ?? []) {
      for (const oldest of this.#owners.get(ownerId)?.keys() ?? []) return this.delete(ownerId, oldest);
    }
    return undefined;
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
