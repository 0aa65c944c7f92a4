import { setTimeout as pause } from 'node:timers/promises';
import { processTree } from '../../../src/loadgen/process-tree.js';
import { readRss } from '../../../src/runtimes/host/rss.js';

const SETTLE_LIMIT_MS = 60_000;

/** Resident memory of a process and all its descendants. */
export async function treeRss(pid: number): Promise<number> {
  const sizes = await readRss(processTree(pid));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The least memory of a few looks, until it is what is wanted or a minute has passed: V8 returns what it has freed when it sees fit. */
export async function settledRss(pid: number, wantedBytes: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const giveUpAt = performance.now() + SETTLE_LIMIT_MS; performance.now() < giveUpAt; await pause(250)) {
    least = Math.min(least, await treeRss(pid));
    if (least <= wantedBytes) break;
  }
  return least;
}
