import { fileURLToPath } from 'node:url';
import type { CliProcess } from '../../support/cli-process.js';

/** Flags for the Node of a server whose timers a test wants to count: see {@link countTimers}. */
export const COUNTS_TIMERS = ['--import', fileURLToPath(new URL('counts-timers.mjs', import.meta.url))] as const;

/** Timers of a server that have neither fired nor been cleared. */
export async function countTimers(cli: CliProcess): Promise<number> {
  cli.child.kill('SIGWINCH');
  const { timers } = await cli.nextEvent();
  return Number(timers);
}
