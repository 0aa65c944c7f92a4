import { ANONYMOUS_OWNER } from '../../core/index.js';
import type { Slot } from '../instance-pool.js';
import { EVERYBODY } from './fair-share.js';

/**
 * The tenant that holds all places of a model but the last, which is reserved for other tenants then; undefined where there is none. Callers
 * without credentials may hold all places: a server without keys has no other tenant.
 */
export function holderOfRest(slots: readonly Slot[], concurrency: number): string | undefined {
  let holder: string | undefined;
  let free = 0;
  for (const { instance, doomed, runs } of slots) {
    if (instance === undefined || doomed) continue;
    free += concurrency - runs.length;
    if (free > 1) return undefined;
    for (const { members } of runs) {
      for (const { tenant } of members) {
        holder ??= tenant;
        if (tenant !== holder) return undefined;
      }
    }
  }
  return free === 1 && holder !== ANONYMOUS_OWNER && holder !== EVERYBODY.name ? holder : undefined;
}
