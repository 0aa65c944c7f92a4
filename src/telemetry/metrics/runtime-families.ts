import type { InstanceGauge, ModelGauges } from '../../engine/index.js';
import type { Family, Sample } from './family.js';
import type { VersionRegistry } from './version-registry.js';

/** What runtimes say of their instances and preparers now: a family for each name, `millrace_runtime_` before it. */
export function runtimeFamilies(versions: VersionRegistry, gauges: readonly ModelGauges[]): readonly Family[] {
  const families = new Map<string, { readonly help: string; readonly samples: Map<string, Sample> }>();
  for (const { ref, instances, preparer } of gauges) {
    const { labels } = versions.of(ref);
    const note = ({ id, statistics = [] }: InstanceGauge, instanceIndex: string) => {
      for (const { name, help, value } of statistics) {
        const family = families.get(name) ?? { help, samples: new Map() };
        families.set(name, family);
        // Of two generations of a version, while a reload drains, the one that serves.
        family.samples.set(id, { labels: { instance_index: instanceIndex }, sharedLabels: labels, value });
      }
    };
    for (const [index, instance] of instances.entries()) note(instance, String(index));
    if (preparer !== undefined) note(preparer, 'prepare');
  }
  return [...families].map(([name, { help, samples }]) => ({
    name: `millrace_runtime_${name}`,
    help,
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    collect: () => samples.values(),
  }));
}
