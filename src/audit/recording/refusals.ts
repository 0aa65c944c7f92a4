import type { RefusalEntry } from '../entries.js';

/** Kinds of refusals that are told apart in a window; of more it is only counted how many. */
const MAX_KINDS = 200;

/** A refusal, before it is counted. */
export type Refusal = Omit<RefusalEntry, 'type' | 'count'>;

interface Kind {
  readonly last: Refusal;
  /** Since the entry before. */
  readonly count: number;
}

/**
 * Every refusal is an entry, but who is refused over and over fills no disk: the first of a kind (who, from where, what, why) is one at
 * once, those that follow in a window are one together, with their count.
 */
export class Refusals {
  readonly #kinds = new Map<string, Kind>();
  #others: Kind | undefined;

  /** Nothing is counted, or was in the last window. */
  get isEmpty(): boolean {
    return this.#kinds.size === 0 && this.#others === undefined;
  }

  /** The entry to write now; undefined where it only counts. */
  add(refusal: Refusal): RefusalEntry | undefined {
    const { principal, remote_address, action, outcome } = refusal;
    const kind = JSON.stringify([principal, remote_address, action, outcome]);
    const known = this.#kinds.get(kind);
    if (known === undefined && this.#kinds.size >= MAX_KINDS) {
      this.#others = { last: refusal, count: (this.#others?.count ?? 0) + 1 };
      return undefined;
    }
    this.#kinds.set(kind, { last: refusal, count: known === undefined ? 0 : known.count + 1 });
    return known === undefined ? { type: 'refusal', ...refusal, count: 1 } : undefined;
  }

  /** A window ends: entries for what was counted. What did not come again is forgotten. */
  endWindow(): readonly RefusalEntry[] {
    const entries: RefusalEntry[] = [];
    for (const [kind, { last, count }] of this.#kinds) {
      if (count === 0) {
        this.#kinds.delete(kind);
        continue;
      }
      entries.push({ type: 'refusal', ...last, count });
      this.#kinds.set(kind, { last, count: 0 });
    }
    if (this.#others !== undefined) {
      const { last, count } = this.#others;
      const several = { principal: '*', remote_address: '*', action: '*', resource: '', request_id: '', transport: '' };
      entries.push({ type: 'refusal', time: last.time, outcome: '*', ...several, count });
      this.#others = undefined;
    }
    return entries;
  }
}
