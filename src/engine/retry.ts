import type { RunnerDeath } from '../runtimes/index.js';
import type { Run } from './instance-pool.js';
import type { Pending } from './pending.js';
import type { SchedulerLimits } from './scheduler-limits.js';

/** Runners that one request may bring down before it is refused. */
const MAX_KILLS = 2;

/** Members of a failed batch that run again, of those that still wait for it; `death`: the batch went down with its runner. */
export function planRetries<Member extends Pick<Pending, 'ended' | 'responses' | 'kills' | 'movesOn'>>(
  run: Pick<Run, 'overdue'> & { readonly members: readonly Member[] },
  death: RunnerDeath | undefined,
  limits: Pick<SchedulerLimits, 'pure' | 'sequences' | 'concurrency'>,
): readonly Member[] {
  const waiting = run.members.filter((item) => !item.ended);
  const single = run.members.length === 1;
  if (death === undefined) return single || !limits.pure ? [] : waiting.filter(({ responses }) => responses === 0);
  if (limits.sequences !== undefined) return [];
  if (!death.started) return waiting;
  for (const item of waiting) {
    item.kills++;
    // It may be what brought the runner down, and would bring down the next model's as well.
    if (single) item.movesOn = false;
  }
  // What ran by itself did it, and would again.
  const guilty = single && (run.overdue || (death.overMemory === true && limits.concurrency === 1));
  if (!limits.pure || guilty) return [];
  return waiting.filter(({ kills, responses }) => kills < MAX_KILLS && responses === 0);
}
