/** What a slot takes of the cells in which keys and values of tokens are kept. */
export interface SlotCells {
  /** Of a sequence that runs: for its prompt and the longest answer. undefined = none runs. */
  readonly reserved: number | undefined;
  /** Tokens that it holds. */
  readonly held: number;
  /** The larger, the later it was used. */
  readonly lastUsed: number;
}

/** A sequence that is to run. */
export interface Admission {
  /** The slot that it is to have. */
  readonly slot: number;
  /** Cells for its prompt and the longest answer. */
  readonly needs: number;
  /** Another slot that holds the beginning of its prompt. */
  readonly source: number | undefined;
}

/**
 * The slots that have to forget what they hold so that a sequence can run to its end, whatever happens: those that were used longest ago
 * first, and the source last, which then has been copied. undefined = it has to wait for those that run.
 */
export function planRoom(
  slots: readonly SlotCells[],
  { slot, needs, source }: Admission,
  totalCells: number,
): readonly number[] | undefined {
  const running = slots.reduce((sum, { reserved = 0 }) => sum + reserved, 0);
  if (running + needs > totalCells) return undefined;
  const idle = slots.flatMap(({ reserved, held, lastUsed }, index) =>
    reserved === undefined && index !== slot && held > 0 ? [{ index, held, lastUsed }] : [],
  );
  const isSource = ({ index }: { readonly index: number }) => Number(index === source);
  idle.sort((one, other) => isSource(one) - isSource(other) || one.lastUsed - other.lastUsed);
  let taken = running + needs + idle.reduce((sum, { held }) => sum + held, 0);
  const forgotten: number[] = [];
  for (const { index, held } of idle) {
    if (taken <= totalCells) break;
    taken -= held;
    forgotten.push(index);
  }
  return forgotten;
}
