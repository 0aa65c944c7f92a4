import type { Clock } from '../../core/index.js';

/** Checks go on in the event loop for so long before others have their turn. */
const SLICE_MS = 2;

/** Runs `work` for each item, and lets others have their turn in between. */
export async function inSlices<Item>(
  items: Iterable<Item>,
  clock: Pick<Clock, 'now' | 'defer'>,
  work: (item: Item) => void,
): Promise<void> {
  let sliceAt = clock.now();
  for (const item of items) {
    work(item);
    if (clock.now() - sliceAt < SLICE_MS) continue;
    await new Promise<void>((resolve) => clock.defer(resolve));
    sliceAt = clock.now();
  }
}
