import type { Lanes, QueueSize } from './lanes.js';
import type { PausedModels } from './paused-models.js';
import type { JobQueue } from './types.js';
import type { JobWorker } from './worker.js';

interface QueueParts {
  readonly lanes: Pick<Lanes, 'sizes'>;
  readonly worker: Pick<JobWorker, 'runningOf' | 'models'>;
  readonly paused: Pick<PausedModels, 'has' | 'names' | 'heldBatches'>;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** Queues of all models that have jobs or are paused, by name. */
export function queuesOf(parts: QueueParts): readonly JobQueue[] {
  const sizes = parts.lanes.sizes();
  const names = new Set([...sizes.keys(), ...parts.worker.models(), ...parts.paused.names()]);
  return [...names].sort().map((model) => describe(model, sizes.get(model), parts));
}

export function queueOf(model: string, parts: QueueParts): JobQueue {
  return describe(model, parts.lanes.sizes().get(model), parts);
}

function describe(model: string, size: QueueSize | undefined, { worker, paused, nowMs }: QueueParts): JobQueue {
  return {
    model,
    queued: size?.queued ?? 0,
    running: worker.runningOf(model),
    paused: paused.has(model),
    heldBatches: paused.heldBatches(model),
    oldestMs: size === undefined ? 0 : Math.max(0, nowMs - size.oldestAtMs),
  };
}
