/** Memory of a model's runner processes, or of one of them: anonymous memory and resident pages of files, in bytes. */
export interface MemoryNeed {
  /** Loaded and warmed up. */
  readonly restBytes: number;
  /** Most while it loads and warms up; at least `restBytes`. */
  readonly peakBytes: number;
}

/** A need, and whether it was measured: one that was not is estimated from the model's files. */
export interface KnownNeed extends MemoryNeed {
  readonly isMeasured: boolean;
}

/** A model that was never loaded is estimated at so many sizes of its files, and a runner without a model. */
export const FILE_FACTOR = 2.5;
/** A runner process without a model: Node.js and a runtime's library. */
export const RUNNER_BYTES = 64 * 1_048_576;

/** The need of a model that was never loaded, by the size of its files in bytes and the number of its instances. */
export function estimateNeed(sizeBytes: number, instances: number): KnownNeed {
  const bytes = Math.ceil(Math.max(1, instances) * (RUNNER_BYTES + FILE_FACTOR * sizeBytes));
  return { restBytes: bytes, peakBytes: bytes, isMeasured: false };
}

/**
 * The need of a model whose instances load one after the other, while its preparer loads; undefined where it has neither in a process of
 * its own.
 */
export function combineNeeds(
  instances: readonly MemoryNeed[],
  preparer: MemoryNeed | undefined,
): MemoryNeed | undefined {
  const all = preparer === undefined ? instances : [...instances, preparer];
  if (all.length === 0) return undefined;
  const restBytes = all.reduce((sum, need) => sum + need.restBytes, 0);
  const highest = instances.reduce((most, need) => Math.max(most, need.peakBytes - need.restBytes), 0);
  const beside = preparer === undefined ? 0 : preparer.peakBytes - preparer.restBytes;
  return { restBytes, peakBytes: restBytes + highest + beside };
}
