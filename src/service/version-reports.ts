import type { ModelState } from '../core/index.js';
import type { Engine, ModelGauges, ModelInfo, ModelStatus } from '../engine/index.js';

/** One version of a model: whether it serves, and how it runs. */
export interface VersionReport {
  readonly version: number;
  readonly state: ModelState;
  /** undefined = it is not loaded. */
  readonly batching: ModelInfo['batching'] | undefined;
  readonly instances: ModelGauges['instances'];
}

/** Adds to the states of versions what the engine knows of how they run. */
export function reportVersions(
  engine: Pick<Engine, 'gauges'>,
  statuses: readonly ModelStatus[],
): readonly VersionReport[] {
  const gauges = engine.gauges();
  return statuses.map(({ version, state, info }) => ({
    version,
    state,
    batching: info?.batching,
    instances: gauges.find(({ ref }) => ref.generation === info?.ref.generation)?.instances ?? [],
  }));
}
