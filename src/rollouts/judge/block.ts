import type { ArmName } from './observation.js';
import type { TwoByTwo } from './two-by-two.js';

/** Requests that were dealt with the same share and ended one behind the other: how many, by arm and by trait. Plain JSON. */
export interface Block {
  readonly share: number;
  readonly startedAtMs: number;
  stable: number;
  canary: number;
  /** By the number of the trait; as long as the highest one that was seen. */
  readonly stableFlagged: number[];
  readonly canaryFlagged: number[];
}

/** One observation, as far as blocks are concerned. */
export interface Dealt {
  readonly arm: ArmName;
  readonly share: number;
  readonly atMs: number;
}

/**
 * When a block is full. That must not depend on which arm had what, or the arms would not be dealt by chance within it: so it has a size and a
 * time, for all requests alike. By the time, a moment that is bad for one arm falls into one block or two, however busy the server is.
 */
export const BLOCK_REQUESTS = 64;
export const BLOCK_KEYS = BLOCK_REQUESTS;
export const BLOCK_MS = 250;
export const MOST_REQUESTS = 4096;

/** Shares whose blocks are open at the same time: those of the step, and of the ones before. The oldest one is forgotten for a further one. */
const MAX_OPEN = 3;

/** Sorts observations into blocks by their shares. */
export class Blocks {
  readonly #open: Block[];

  constructor(open: readonly Block[]) {
    this.#open = structuredClone([...open]);
  }

  /** Counts an observation with this trait, -1 = with none. Returns its block where that is full, and forgets it. */
  add({ arm, share, atMs }: Dealt, trait: number): Block | undefined {
    const block = this.#blockOf(share, atMs);
    block[arm]++;
    if (trait >= 0) {
      const flagged = arm === 'canary' ? block.canaryFlagged : block.stableFlagged;
      while (flagged.length <= trait) flagged.push(0);
      flagged[trait] = (flagged[trait] ?? 0) + 1;
    }
    if (!isFull(block, atMs)) return undefined;
    this.#open.splice(this.#open.indexOf(block), 1);
    return block;
  }

  snapshot(): readonly Block[] {
    return structuredClone(this.#open);
  }

  #blockOf(share: number, startedAtMs: number): Block {
    for (const block of this.#open) if (block.share === share) return block;
    if (this.#open.length === MAX_OPEN) this.#open.shift();
    const block = { share, startedAtMs, stable: 0, canary: 0, stableFlagged: [], canaryFlagged: [] };
    this.#open.push(block);
    return block;
  }
}

function isFull({ stable, canary, startedAtMs }: Block, atMs: number): boolean {
  const size = stable + canary;
  if (size < BLOCK_REQUESTS) return false;
  // A clock that has begun anew since (the server was started again) says nothing about the time.
  const elapsedMs = atMs - startedAtMs;
  return elapsedMs >= BLOCK_MS || elapsedMs < 0 || size >= MOST_REQUESTS;
}

/** How a trait is spread over the arms of a block. */
export function tableOf({ stable, canary, stableFlagged, canaryFlagged }: Block, trait: number): TwoByTwo {
  const inCanary = canaryFlagged[trait] ?? 0;
  return { size: stable + canary, canary, flagged: inCanary + (stableFlagged[trait] ?? 0), canaryFlagged: inCanary };
}
