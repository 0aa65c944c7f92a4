import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processTree } from '../../../src/loadgen/process-tree.js';
import { readProcessStates } from '../../../src/runtimes/host/process-states.js';
import type { CliProcess } from '../../support/cli-process.js';

const SETTLE_LIMIT_MS = 60_000;

/** Flags for the Node of a server whose garbage a test wants to collect: see {@link keptBytes}. */
export const COLLECTS_ON_SIGNAL = [
  '--import',
  fileURLToPath(new URL('collects-on-signal.mjs', import.meta.url)),
] as const;

/** What a server holds in its heap and beside it once its garbage is collected. */
export async function keptBytes(cli: CliProcess): Promise<number> {
  cli.child.kill('SIGWINCH');
  const { keptBytes: bytes } = await cli.nextEvent();
  return Number(bytes);
}

/** Resident memory of a process and all its descendants. */
export async function treeRss(pid: number): Promise<number> {
  const states = await readProcessStates(processTree(pid));
  return [...states.values()].reduce((sum, { rssBytes }) => sum + rssBytes, 0);
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
