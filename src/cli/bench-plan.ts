import { invalidArgument, type MillraceError } from '../core/index.js';
import type { LoadLevel, Measurement } from '../loadgen/index.js';

/** The flags of `millrace bench` that say how hard to press and how long to look. */
export interface BenchPlanFlags {
  readonly concurrency?: readonly number[];
  readonly rate?: readonly number[];
  readonly poisson?: true;
  readonly window: number;
  readonly windows: number;
  readonly tolerance: number;
  readonly maxWindows: number;
  readonly percentile?: number;
  readonly duration?: number;
  readonly count?: number;
}

export interface BenchPlan {
  readonly levels: readonly LoadLevel[];
  readonly measurement: Measurement;
}

/** What the flags come to; without any, 1, 8 and 32 clients until they settle. Throws `invalid_argument` for contradictions. */
export function planBench(flags: BenchPlanFlags): BenchPlan {
  if (flags.rate !== undefined && flags.concurrency !== undefined) throw contradiction('--rate', '--concurrency');
  if (flags.duration !== undefined && flags.count !== undefined) throw contradiction('--duration', '--count');
  if (flags.poisson === true && flags.rate === undefined) {
    throw invalidArgument('--poisson needs --rate');
  }
  return { levels: levelsOf(flags), measurement: measurementOf(flags) };
}

function levelsOf({ rate, poisson, concurrency = [1, 8, 32] }: BenchPlanFlags): readonly LoadLevel[] {
  if (rate === undefined)
    return concurrency.map((clients) => ({ kind: 'concurrency', concurrency: Math.round(clients) }));
  const arrivals = poisson === true ? 'poisson' : 'constant';
  return rate.map((requestsPerSecond) => ({ kind: 'rate', requestsPerSecond, arrivals }));
}

function measurementOf(flags: BenchPlanFlags): Measurement {
  if (flags.duration !== undefined) return { kind: 'duration', durationMs: flags.duration };
  if (flags.count !== undefined) return { kind: 'count', requests: flags.count };
  return {
    kind: 'stable',
    windowMs: flags.window,
    windows: flags.windows,
    tolerance: flags.tolerance / 100,
    maxWindows: Math.max(flags.maxWindows, flags.windows),
    percentile: flags.percentile,
  };
}

function contradiction(one: string, other: string): MillraceError {
  return invalidArgument(`${one} and ${other} exclude each other`);
}
