import { fromBase64, toBase64 } from '../base64.js';

/** Keys are kept in buckets of four, by 12 bits of each; 12 further ones tell those of a bucket apart. 32 KiB, whatever the number of keys. */
const BUCKETS = 1 << 12;
const WAYS = 4;

/** Four bits of a kept key: at which of the known shares it was assigned to stable last, from 1; 0 = the place is free. */
const STATE_BITS = 4;
/** It is canary's, and stays it: nothing about it is left to chance. */
const SETTLED = 15;
/** Shares that are told apart. Of steps beyond, new keys count once. */
const MAX_SHARES = SETTLED - 1;

/** Plain JSON. */
export interface AssignedKeysState {
  readonly shares: readonly number[];
  /** Base64 of 16 bits for each place; as pairs with the place before where most are free. */
  readonly kept: string;
  readonly isSparse: boolean;
}

/**
 * Which requests of keys count: those by which chance has assigned the key to an arm. That is the first one of a key; and, as canary's share
 * rises, the first one of each key that was stable's until then, as chance takes some of these for canary. What counts depends on what was
 * known before, and never on the arm that the request has now. Keeps some 16,000 keys; further ones do not count. Takes no memory before there
 * is a key.
 */
export class AssignedKeys {
  readonly #shares: number[];
  #kept: Uint16Array | undefined;

  constructor(state: AssignedKeysState | undefined) {
    this.#shares = [...(state?.shares ?? [])];
    if (state !== undefined) this.#kept = keptOf(state);
  }

  /**
   * A request of the key was answered by that arm at that share of canary. Returns the share at which the key was assigned to stable before,
   * 0 = never; undefined where it does not count.
   */
  assign(key: number, share: number, isCanary: boolean): number | undefined {
    this.#kept ??= new Uint16Array(BUCKETS * WAYS);
    const place = this.#placeOf(this.#kept, key);
    if (place === undefined) return undefined;
    const before = (this.#kept[place] ?? 0) & SETTLED;
    if (before === SETTLED) return undefined;
    const from = before === 0 ? 0 : (this.#shares[before - 1] ?? 0);
    // A request that was assigned at an earlier step may end late.
    if (before !== 0 && from >= share) return undefined;
    this.#kept[place] = (tagOf(key) << STATE_BITS) | (isCanary ? SETTLED : this.#stateOf(share));
    return from;
  }

  /** undefined where there was no key. */
  snapshot(): AssignedKeysState | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    const pairs: number[] = [];
    for (const [place, word] of kept.entries()) if (word !== 0) pairs.push(place, word);
    const isSparse = pairs.length < kept.length;
    return { shares: [...this.#shares], isSparse, kept: toBase64(isSparse ? Uint16Array.from(pairs) : kept) };
  }

  /** Where the key is, or has to be; undefined = its bucket is full. */
  #placeOf(kept: Uint16Array, key: number): number | undefined {
    const first = ((key >>> 0) % BUCKETS) * WAYS;
    const tag = tagOf(key);
    for (let place = first; place < first + WAYS; place++) {
      const word = kept[place] ?? 0;
      if (word === 0 || word >>> STATE_BITS === tag) return place;
    }
    return undefined;
  }

  #stateOf(share: number): number {
    const known = this.#shares.indexOf(share);
    if (known >= 0) return known + 1;
    if (this.#shares.length === MAX_SHARES) return SETTLED;
    return this.#shares.push(share);
  }
}

/** The upper 12 of the key's 32 bits. */
function tagOf(key: number): number {
  return key >>> 20;
}

function keptOf({ kept, isSparse }: AssignedKeysState): Uint16Array {
  const words = new Uint16Array(fromBase64(kept));
  if (!isSparse) return words;
  const all = new Uint16Array(BUCKETS * WAYS);
  for (let at = 0; at < words.length; at += 2) all[words[at] ?? 0] = words[at + 1] ?? 0;
  return all;
}
