/** What one round says about one contestant. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

export type Metric = keyof typeof METRICS;

/** How each metric is called and how many decimals it is written with. */
export const METRICS = {
  requestsPerSecond: { label: 'req/s', digits: 0 },
  rowsPerSecond: { label: 'rows/s', digits: 0 },
  p50Ms: { label: 'p50 ms', digits: 3 },
  p99Ms: { label: 'p99 ms', digits: 2 },
  cpuUsPerRequest: { label: 'CPU µs/req', digits: 1 },
  rowsPerCpuSecond: { label: 'rows/CPU-s', digits: 0 },
  cores: { label: 'cores', digits: 2 },
  startMs: { label: 'start ms', digits: 0 },
  memoryMb: { label: 'PSS MB', digits: 1 },
  serverMemoryMb: { label: 'server PSS MB', digits: 1 },
  runnerMemoryMb: { label: 'runner PSS MB', digits: 1 },
  /** From when a request was due until its generator sent it. */
  lateP99Ms: { label: 'sent late p99 ms', digits: 2 },
  generatorCores: { label: 'generator cores', digits: 2 },
  errors: { label: 'errors', digits: 0 },
} as const satisfies Record<string, { readonly label: string; readonly digits: number }>;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median and extremes; undefined of nothing. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? min;
  const high = sorted[Math.floor(middle)] ?? max;
  return { median: (low + high) / 2, min, max };
}

/** The metric of every round that has it. */
export function valuesOf(samples: readonly Sample[], metric: Metric): number[] {
  return samples.map((sample) => sample[metric]).filter((value) => value !== undefined);
}
