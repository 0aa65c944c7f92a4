import { LRUCache } from 'lru-cache';
import type { Instance } from '../runtimes/index.js';
import type { Slot } from './instance-pool.js';
import type { Pending } from './pending.js';

/** Keys of which it is known who served them last. */
const MAX_KEYS = 4_096;

/** Which instance has served a key last. Forgets the keys that were not asked for longest. */
export class AffinityTable {
  readonly #last = new LRUCache<string, Instance>({ max: MAX_KEYS });

  /** A batch goes to an instance. */
  sent(slot: Slot, members: readonly Pending[]): void {
    if (slot.instance === undefined) return;
    for (const { affinityKey } of members) if (affinityKey !== undefined) this.#last.set(affinityKey, slot.instance);
  }

  /** The place of the instance that has served the key last, while that is up. */
  homeOf({ affinityKey }: Pick<Pending, 'affinityKey'>, slots: readonly Slot[]): Slot | undefined {
    const instance = affinityKey === undefined ? undefined : this.#last.get(affinityKey);
    return instance && slots.find((slot) => slot.instance === instance);
  }
}
