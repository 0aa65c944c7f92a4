import type { Observation } from './observation.js';
import type { TwoByTwo } from './two-by-two.js';

/**
 * Requests of a block that chance has assigned with the same probability: of the same share and, for keys that are assigned once more as the
 * share rises, of the same share before. Plain JSON.
 */
export interface Stratum {
  readonly share: number;
  /** Canary's share at which the key was assigned to stable before; 0 = it is new, or the request has no key. */
  readonly from: number;
  stable: number;
  canary: number;
  /** By the number of the trait; as long as the highest one that was seen. */
  readonly stableFlagged: number[];
  readonly canaryFlagged: number[];
}

/** Requests that ended one behind the other. Plain JSON. */
export interface Block {
  readonly startedAtMs: number;
  /** How full it is, of {@link BLOCK_REQUESTS}: a key counts for several requests. */
  filled: number;
  readonly strata: readonly Stratum[];
}

/** One observation, as far as blocks are concerned. */
export type Dealt = Pick<Observation, 'arm' | 'share' | 'atMs' | 'key'>;

/**
 * When a block is full. That must not depend on which arm had what, or the arms would not be dealt by chance within it: so it has a size and a
 * time, for all requests alike. By the time, a moment that is bad for one arm falls into one block or two, however busy the server is. Keys are
 * fewer than requests: eight of them fill a block.
 */
export const BLOCK_REQUESTS = 64;
export const BLOCK_KEYS = 8;
export const BLOCK_MS = 250;
export const MOST_REQUESTS = 4096;

const KEY_REQUESTS = BLOCK_REQUESTS / BLOCK_KEYS;

/** Strata of a block; the oldest one is forgotten for a further one. */
const MAX_STRATA = 8;

/** Puts observations into blocks, one after the other. */
export class Blocks {
  #open: { startedAtMs: number; filled: number; strata: Stratum[] } | undefined;

  readonly #keyRequests: number;

  /** `keyRequests`: how many requests a key counts for. */
  constructor(open: Block | undefined, keyRequests = KEY_REQUESTS) {
    this.#keyRequests = keyRequests;
    if (open !== undefined) this.#open = structuredClone({ ...open, strata: [...open.strata] });
  }

  /** Counts an observation with these traits. Returns its block where that is full, and forgets it. */
  add(dealt: Dealt, from: number, traits: readonly number[]): Block | undefined {
    this.#open ??= { startedAtMs: dealt.atMs, filled: 0, strata: [] };
    const block = this.#open;
    const stratum = stratumOf(block.strata, dealt.share, from);
    stratum[dealt.arm]++;
    block.filled += dealt.key === undefined ? 1 : this.#keyRequests;
    const flagged = dealt.arm === 'canary' ? stratum.canaryFlagged : stratum.stableFlagged;
    for (const trait of traits) {
      while (flagged.length <= trait) flagged.push(0);
      flagged[trait] = (flagged[trait] ?? 0) + 1;
    }
    if (!isFull(block, dealt.atMs)) return undefined;
    this.#open = undefined;
    return block;
  }

  snapshot(): Block | undefined {
    return structuredClone(this.#open);
  }
}

function stratumOf(strata: Stratum[], share: number, from: number): Stratum {
  for (const stratum of strata) if (stratum.share === share && stratum.from === from) return stratum;
  if (strata.length === MAX_STRATA) strata.shift();
  const stratum = { share, from, stable: 0, canary: 0, stableFlagged: [], canaryFlagged: [] };
  strata.push(stratum);
  return stratum;
}

function isFull({ filled, startedAtMs }: Block, atMs: number): boolean {
  if (filled < BLOCK_REQUESTS) return false;
  // A clock that has begun anew since (the server was started again) says nothing about the time.
  const elapsedMs = atMs - startedAtMs;
  return elapsedMs >= BLOCK_MS || elapsedMs < 0 || filled >= MOST_REQUESTS;
}

/** Traits that requests of the block have are numbered below this. */
export function traitsOf({ strata }: Block): number {
  let most = 0;
  for (const { stableFlagged, canaryFlagged } of strata) {
    most = Math.max(most, stableFlagged.length, canaryFlagged.length);
  }
  return most;
}

/** How a trait is spread over the arms, in each stratum that has it. */
export function tablesOf({ strata }: Block, trait: number): readonly TwoByTwo[] {
  const tables: TwoByTwo[] = [];
  for (const { stable, canary, stableFlagged, canaryFlagged } of strata) {
    const inCanary = canaryFlagged[trait] ?? 0;
    const flagged = inCanary + (stableFlagged[trait] ?? 0);
    if (flagged > 0) tables.push({ size: stable + canary, canary, flagged, canaryFlagged: inCanary });
  }
  return tables;
}
