import type { Slot } from './instance-pool.js';
import type { SchedulerLimits } from './scheduler-limits.js';

/** What choosing needs to know of a {@link Slot}. */
export interface Place {
  readonly instance: object | undefined;
  readonly doomed: boolean;
  readonly deaths: number;
  readonly runs: { readonly length: number };
}

/** A place whose instance takes batches. */
type Ready<P extends Place> = P & { readonly instance: NonNullable<P['instance']> };
export type ReadySlot = Ready<Slot>;

/**
 * The instance that gets the next batch: `home`, which has served requests like these, while it has room; else the one with
 * the least to do, unless it has enough; else one that may be sent a batch ahead, since runs (`medianRunMs`) are short.
 * undefined = the batch waits.
 */
export function chooseSlot<P extends Place>(
  slots: readonly P[],
  { concurrency, prefetchBelowMs }: Pick<SchedulerLimits, 'concurrency' | 'prefetchBelowMs'>,
  { medianRunMs, home }: { readonly medianRunMs: number; readonly home?: P | undefined },
): Ready<P> | undefined {
  if (home !== undefined && hasRoom(home, concurrency)) return home;
  let free: Ready<P> | undefined;
  let ahead: Ready<P> | undefined;
  for (const slot of slots) {
    if (!isReady(slot)) continue;
    const running = slot.runs.length;
    if (running === 0) return slot;
    if (running < concurrency && running < (free?.runs.length ?? concurrency)) free = slot;
    if (running === 1 && slot.deaths === 0) ahead ??= slot;
  }
  if (concurrency > 1) return free;
  return medianRunMs < prefetchBelowMs ? ahead : undefined;
}

/** It may be given a batch that begins at once. */
export function hasRoom<P extends Place>(slot: P, concurrency: number): slot is Ready<P> {
  return isReady(slot) && slot.runs.length < concurrency;
}

function isReady<P extends Place>(slot: P): slot is Ready<P> {
  return slot.instance !== undefined && !slot.doomed;
}

/** Batches that could begin at once. */
export function freePlaces(slots: readonly Slot[], concurrency: number): number {
  return slots.reduce((sum, slot) => sum + (hasRoom(slot, concurrency) ? concurrency - slot.runs.length : 0), 0);
}

/** Requests of a priority level that were sent ahead to busy instances, and so still wait. */
export function sentAhead(slots: readonly Slot[], level: number): number {
  let count = 0;
  for (const { runs } of slots) {
    for (const { startedAt, members } of runs) {
      if (startedAt !== 0) continue;
      for (const item of members) if (item.level === level) count++;
    }
  }
  return count;
}
