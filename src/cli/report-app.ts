import type { App } from '../app.js';
import { reportServing, type ServingReport } from './format/serving.js';

/** What an assembled server serves and what not, with the memory of its runners. */
export async function reportApp({ engine }: App): Promise<ServingReport> {
  // Loaded behind the start of the models: it brings the load generator along.
  const { treeMemory } = await import('../loadgen/index.js');
  return reportServing(engine.statuses(), engine.gauges(), (pid) => treeMemory(pid).bytes);
}
