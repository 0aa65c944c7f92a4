import type { Engine, ModelStatus } from '../engine/index.js';
import type { VersionReport } from './types.js';

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
