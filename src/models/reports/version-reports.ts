import type { Engine, ModelGauges, ModelStatus } from '../../engine/index.js';
import type { MemoryNeeds } from '../memory/memory-needs.js';
import type { VersionReport } from '../types.js';

/** Adds to the states of versions what the engine knows of how they run. */
export function reportVersions(
  { engine, needs }: { readonly engine: Pick<Engine, 'gauges'>; readonly needs: Pick<MemoryNeeds, 'of'> },
  statuses: readonly ModelStatus[],
): readonly VersionReport[] {
  const gaugesOf = gaugesByGeneration(engine);
  return statuses.map((status) => ({
    version: status.version,
    state: status.state,
    batching: status.info?.batching,
    instances: gaugesOf(status)?.instances ?? [],
    memory: needs.of(status),
  }));
}

/** Reads the gauges once, and only if those of a loaded version are asked for. */
export function gaugesByGeneration(engine: Pick<Engine, 'gauges'>): (status: ModelStatus) => ModelGauges | undefined {
  let gauges: ReadonlyMap<number, ModelGauges> | undefined;
  return ({ info }) => {
    if (info === undefined) return undefined;
    gauges ??= new Map(engine.gauges().map((each) => [each.ref.generation, each]));
    return gauges.get(info.ref.generation);
  };
}
