/** A batch that waits for its turn. */
export interface WaitingBatch {
  readonly owner: string;
}

export interface TurnRules {
  /** Batches of an owner that run. */
  readonly runningOf: (owner: string) => number;
  /** Grows with each turn; 0 = the owner had none. */
  readonly lastTurnOf: (owner: string) => number;
  readonly maxRunningPerOwner: number;
}

/**
 * The batch that is next: of the owner that has fewest running, and of several such owners, of the one whose last turn is longest ago. An owner's own
 * batches go in their order.
 */
export function nextBatch<Batch extends WaitingBatch>(waiting: Iterable<Batch>, rules: TurnRules): Batch | undefined {
  const { runningOf, lastTurnOf, maxRunningPerOwner } = rules;
  let best: { readonly batch: Batch; readonly running: number; readonly lastTurn: number } | undefined;
  for (const batch of waiting) {
    const running = runningOf(batch.owner);
    if (running >= maxRunningPerOwner) continue;
    const lastTurn = lastTurnOf(batch.owner);
    const isBetter =
      best === undefined || running < best.running || (running === best.running && lastTurn < best.lastTurn);
    if (isBetter) best = { batch, running, lastTurn };
  }
  return best?.batch;
}
