import type { ModelGauges } from '../../engine/index.js';
import { type Family, type Labels, NO_LABELS } from './family.js';
import type { VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

/** Makes families of what the engine's gauges say about each version; undefined = it has no such thing. */
export type VersionGauge = (name: string, help: string, read: (gauges: ModelGauges) => number | undefined) => Family;

/**
 * While a reload drains, two generations of one version are loaded: their values are added up. `labelsOf`: undefined for a version that
 * is left out.
 */
export function createVersionGauge(
  versions: VersionRegistry,
  gauges: () => readonly ModelGauges[],
  labelsOf: (version: VersionMetrics) => Labels | undefined = ({ labels }) => labels,
): VersionGauge {
  return (name, help, read) => ({
    name,
    help,
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    *collect() {
      const values = new Map<VersionMetrics, number>();
      for (const generation of gauges()) {
        const value = read(generation);
        if (value === undefined) continue;
        const version = versions.of(generation.ref);
        values.set(version, (values.get(version) ?? 0) + value);
      }
      for (const [version, value] of values) {
        const sharedLabels = labelsOf(version);
        if (sharedLabels !== undefined) yield { labels: NO_LABELS, sharedLabels, value };
      }
    },
  });
}
