import type { EventBus } from '../../core/index.js';
import { type Family, NO_LABELS, single } from './family.js';

/** Follows the runner processes: how many started and died, and what memory the living ones hold. */
export function createRunnerFamilies(events: EventBus): {
  readonly families: readonly Family[];
  readonly subscriptions: readonly (() => void)[];
} {
  const rssBytes = new Map<string, number>();
  let starts = 0;
  let deaths = 0;
  const subscriptions = [
    events.subscribe('runnerStarted', () => {
      starts++;
    }),
    events.subscribe('runnerMemory', (event) => {
      rssBytes.set(event.runner, event.rssBytes);
    }),
    events.subscribe('runnerExited', ({ runner, expected }) => {
      rssBytes.delete(runner);
      if (!expected) deaths++;
    }),
  ];
  const families: readonly Family[] = [
    {
      name: 'millrace_runner_starts_total',
      help: 'Runner processes started.',
      type: 'counter',
      collect: () => single(starts),
    },
    {
      name: 'millrace_runner_deaths_total',
      help: 'Runner processes that crashed or were killed.',
      type: 'counter',
      collect: () => single(deaths),
    },
    {
      name: 'millrace_runner_resident_memory_bytes',
      help: 'Resident memory of a runner process.',
      type: 'gauge',
      *collect() {
        for (const [runner, value] of rssBytes) yield { labels: { runner }, sharedLabels: NO_LABELS, value };
      },
    },
  ];
  return { families, subscriptions };
}
