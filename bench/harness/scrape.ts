import type { RunningServer } from './server-process.js';

/** The text of a server's metrics. */
export async function scrape({ metricsUrl }: RunningServer): Promise<string> {
  if (metricsUrl === undefined) throw new Error('it has no metrics');
  return (await fetch(`${metricsUrl}/metrics`)).text();
}

/** How late the event loop ran timers since the last scrape, by percentile; 100 is the longest. */
export async function loopLagMs(server: RunningServer, percentile: number): Promise<number> {
  const line = new RegExp(`^millrace_event_loop_lag_seconds\\{percentile="${percentile}"\\} (\\S+)$`, 'm');
  const [, seconds] = line.exec(await scrape(server)) ?? [];
  return Number(seconds) * 1_000;
}
