import type { EventBus, Events } from '../../core/index.js';
import { type Family, NO_LABELS, single } from './family.js';

type RunnerMemory = Omit<Events['runnerMemory'], 'pid'>;

/** Follows the runner processes: how many started and died, and what memory the living ones hold. */
export function createRunnerFamilies(events: EventBus): {
  readonly families: readonly Family[];
  readonly subscriptions: readonly (() => void)[];
} {
  const living = new Map<number, RunnerMemory>();
  let starts = 0;
  let deaths = 0;
  const subscriptions = [
    events.subscribe('runnerStarted', () => {
      starts++;
    }),
    events.subscribe('runnerMemory', ({ pid, ...memory }) => {
      living.set(pid, memory);
    }),
    events.subscribe('runnerExited', ({ pid, expected }) => {
      living.delete(pid);
      if (!expected) deaths++;
    }),
  ];
  const byName = (name: string, help: string, read: (memory: RunnerMemory) => number): Family => ({
    name,
    help,
    type: 'gauge',
    *collect() {
      // While a reload drains, the old and the new runner of an instance have one name.
      const sums = new Map<string, number>();
      for (const memory of living.values()) sums.set(memory.runner, (sums.get(memory.runner) ?? 0) + read(memory));
      for (const [runner, value] of sums) yield { labels: { runner }, sharedLabels: NO_LABELS, value };
    },
  });
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
    byName(
      'millrace_runner_resident_memory_bytes',
      'Resident memory of the runner processes of one name.',
      ({ rssBytes }) => rssBytes,
    ),
    byName(
      'millrace_runner_memory_limit_bytes',
      'Resident memory above which runner processes are killed, of those of one name together.',
      ({ limitBytes }) => limitBytes,
    ),
  ];
  return { families, subscriptions };
}
