import { chooseVictims, type Resident } from './eviction.js';

/** What a load has to fit into, in bytes. */
export interface Room {
  readonly budgetBytes: number;
  /** Held now by the server and all of its runners. */
  readonly heldBytes: number;
  /** Of `heldBytes`, what no eviction can ever free: the server, models that never go. */
  readonly fixedBytes: number;
  /** Promised to loads that are under way, besides what they hold already. */
  readonly reservedBytes: number;
  /** Models that are loaded and may be evicted at some time. */
  readonly residents: readonly Resident[];
}

/** Whether a model may begin to load, and what has to go before. */
export type LoadPlan =
  | { readonly kind: 'load'; readonly victims: readonly Resident[] }
  /** Models that must stay for now are in the way. */
  | { readonly kind: 'wait'; readonly missingBytes: number }
  /** It does not fit even if everything goes that can. */
  | { readonly kind: 'tooLarge'; readonly freeBytes: number };

/** Plans the load of a model whose need has the peak `peakBytes`. The peak must fit at every moment of the load. */
export function planLoad(peakBytes: number, room: Room): LoadPlan {
  const { budgetBytes, heldBytes, fixedBytes, reservedBytes, residents } = room;
  const freeBytes = Math.max(0, budgetBytes - fixedBytes);
  if (peakBytes > freeBytes) return { kind: 'tooLarge', freeBytes };
  const missingBytes = heldBytes + reservedBytes + peakBytes - budgetBytes;
  const victims = chooseVictims(residents, missingBytes);
  return victims === undefined ? { kind: 'wait', missingBytes } : { kind: 'load', victims };
}
