import { type Metric, Registry } from 'prom-client';
import type { Family } from './family.js';

/** A registry of prom-client that writes the families out as it does its own metrics. */
export function createRegistry(families: readonly Family[]): Registry {
  const registry = new Registry();
  for (const family of families) {
    const { name, help, type } = family;
    const metric = { name, help, type, get: async () => ({ name, help, type, values: [...family.collect()] }) };
    // The type lists prom-client's own classes, but a registry asks of a metric only its name and `get`.
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry;
}
