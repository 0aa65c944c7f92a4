import type { App } from '../app.js';
import { readProcessStates } from '../runtimes/index.js';
import { reportServing, runnersOf, type ServingReport } from './format/serving.js';

/** What an assembled server serves and what not, with the resident memory of its runners. */
export async function reportApp({ engine }: Pick<App, 'engine'>): Promise<ServingReport> {
  const statuses = engine.statuses();
  const gauges = engine.gauges();
  const processes = await readProcessStates(runnersOf(statuses, gauges));
  return reportServing(statuses, gauges, (pid) => processes.get(pid)?.rssBytes ?? 0);
}
