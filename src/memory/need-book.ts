import type { MemoryNeed } from './need.js';

/** Digests whose needs are remembered; the longest unused are forgotten first. */
const MAX_REMEMBERED = 1_024;

/** Needs that were measured, by the digest of a version's files and configuration. */
export class NeedBook {
  readonly #needs = new Map<string, MemoryNeed>();

  /** Replaces an earlier measurement. */
  remember(digest: string, { restBytes, peakBytes }: MemoryNeed): void {
    this.#needs.delete(digest);
    this.#needs.set(digest, { restBytes, peakBytes });
    if (this.#needs.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#needs.keys()) {
      this.#needs.delete(oldest);
      return;
    }
  }

  /** undefined = it was never measured. */
  of(digest: string): MemoryNeed | undefined {
    return this.#needs.get(digest);
  }
}
