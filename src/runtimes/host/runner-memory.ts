import type { MemoryNeed } from '../../memory/index.js';
import { type ProcessState, readProcessStates } from './process-states.js';

type RunnerMemory = Pick<ProcessState, 'rssBytes' | 'peakRssBytes'>;

/** Memory of a runner's process; undefined = it has ended. */
export async function readMemory({ pid }: { readonly pid: number }): Promise<RunnerMemory | undefined> {
  return (await readProcessStates([pid])).get(pid);
}

/** What a process needs, without what it needed `before` a model began to load there; undefined = it has ended. */
export async function needSince(
  before: RunnerMemory | undefined,
  runner: { readonly pid: number },
): Promise<MemoryNeed | undefined> {
  const now = await readMemory(runner);
  return now && memoryNeed(before, now);
}

/** What a process needs `now`, without what it needed `before`; a peak that is older than that is not counted. */
export function memoryNeed(before: RunnerMemory | undefined, now: RunnerMemory): MemoryNeed {
  const baseBytes = before?.rssBytes ?? 0;
  const restBytes = Math.max(0, now.rssBytes - baseBytes);
  const isNewPeak = now.peakRssBytes > (before?.peakRssBytes ?? 0);
  return { restBytes, peakBytes: isNewPeak ? Math.max(restBytes, now.peakRssBytes - baseBytes) : restBytes };
}
