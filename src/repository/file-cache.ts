interface CacheEntry<Value> {
  readonly stamp: string;
  readonly value: Promise<Value>;
  used: boolean;
}

/** Values computed from files, kept until the file's stamp changes or a whole scan no longer asks for it. */
export class FileCache<Value> {
  readonly #entries = new Map<string, CacheEntry<Value>>();

  /** The value for `key` under `stamp`; computed once, failures are not kept. */
  get(key: string, stamp: string, compute: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key);
    if (known?.stamp === stamp) {
      known.used = true;
      return known.value;
    }
    const value = compute();
    const entry = { stamp, value, used: true };
    this.#entries.set(key, entry);
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return value;
  }

  /** Forgets what lay in a folder. */
  forget(folder: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(folder)) this.#entries.delete(key);
  }

  /** Forgets what nobody has asked for since the last call. */
  prune(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.used) entry.used = false;
      else this.#entries.delete(key);
    }
  }
}
