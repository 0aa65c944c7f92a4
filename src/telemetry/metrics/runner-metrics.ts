import type { EventBus } from '../../core/index.js';
import { type Family, NO_LABELS, single } from './family.js';

/** Follows the runner processes: how many started and died, and what memory the living ones hold. */
export function createRunnerFamilies(events: EventBus): {
  readonly families: readonly Family[];
  readonly subscriptions: readonly (() => void)[];
} {
  const living = new Map<number, { readonly runner: string; readonly rssBytes: number }>();
  let starts = 0;
  let deaths = 0;
  const subscriptions = [
    events.subscribe('runnerStarted', () => {
      starts++;
    }),
    events.subscribe('runnerMemory', ({ runner, pid, rssBytes }) => {
      living.set(pid, { runner, rssBytes });
    }),
    events.subscribe('runnerExited', ({ pid, expected }) => {
      living.delete(pid);
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
      help: 'Resident memory of the runner processes of one name.',
      type: 'gauge',
      *collect() {
        // While a reload drains, the old and the new runner of an instance have one name.
        const byName = new Map<string, number>();
        for (const { runner, rssBytes } of living.values()) byName.set(runner, (byName.get(runner) ?? 0) + rssBytes);
        for (const [runner, value] of byName) yield { labels: { runner }, sharedLabels: NO_LABELS, value };
      },
    },
  ];
  return { families, subscriptions };
}
