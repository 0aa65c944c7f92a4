import { combineNeeds, type MemoryNeed } from '../../memory/index.js';
import type { Instance } from '../../runtimes/index.js';

/** The memory that loaded instances and their preparer need; undefined where all live in the server, or none could be measured. */
export async function measureMemory(
  instances: readonly Instance[],
  preparer: Instance | undefined,
): Promise<MemoryNeed | undefined> {
  const measured = await Promise.all(instances.map((instance) => instance.memoryNeed?.()));
  return combineNeeds(
    measured.filter((need) => need !== undefined),
    await preparer?.memoryNeed?.(),
  );
}
