/** What one round says about one contestant. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

export type Metric = keyof typeof METRICS;

/** How each metric is called and how many decimals it is written with. */
export const METRICS = {
  requestsPerSecond: { label: 'req/s', digits: 0 },
  rowsPerSecond: { label: 'rows/s', digits: 0 },
  p50Ms: { label: 'p50 ms', digits: 3 },
  p95Ms: { label: 'p95 ms', digits: 2 },
  p99Ms: { label: 'p99 ms', digits: 2 },
  /** In the queue of the model. */
  queueP99Ms: { label: 'queue p99 ms', digits: 3 },
  cpuUsPerRequest: { label: 'CPU µs/req', digits: 1 },
  /** Context switches of all threads of the server's process tree, as each wake-up has one. */
  switchesPerRequest: { label: 'switches/req', digits: 2 },
  rowsPerCpuSecond: { label: 'rows/CPU-s', digits: 0 },
  cores: { label: 'cores', digits: 2 },
  startMs: { label: 'start ms', digits: 0 },
  memoryMb: { label: 'PSS MB', digits: 1 },
  serverMemoryMb: { label: 'server PSS MB', digits: 1 },
  runnerMemoryMb: { label: 'runner PSS MB', digits: 1 },
  /** Files count in full here, of PSS by how many other processes map them. */
  serverAnonFileMb: { label: 'server Pss_Anon + RssFile MB', digits: 1 },
  runnerAnonFileMb: { label: 'runner Pss_Anon + RssFile MB', digits: 1 },
  /** Of the server's process tree, from `exec` until all models are ready. */
  cpuSecondsToReady: { label: 'CPU-s to ready', digits: 2 },
  /** Of the server's process tree, while nobody asks for anything. */
  idleCpuMsPerSecond: { label: 'idle CPU ms/s', digits: 2 },
  /** From when a request was due until its generator sent it. */
  lateP99Ms: { label: 'sent late p99 ms', digits: 2 },
  generatorCores: { label: 'generator cores', digits: 2 },
  tokensPerSecond1: { label: 'tok/s, 1 stream', digits: 1 },
  tokensPerSecond8: { label: 'tok/s, 8 streams', digits: 1 },
  tokensPerSecond16: { label: 'tok/s, 16 streams', digits: 1 },
  firstTokenP95Ms1: { label: 'first token p95 ms, 1 stream', digits: 0 },
  firstTokenP95Ms8: { label: 'first token p95 ms, 8 streams', digits: 0 },
  firstTokenP95Ms16: { label: 'first token p95 ms, 16 streams', digits: 0 },
  firstTokenMs: { label: 'first token ms', digits: 0 },
  sameSlotFirstTokenMs: { label: 'first token ms, same slot', digits: 0 },
  otherSlotFirstTokenMs: { label: 'first token ms, another slot', digits: 0 },
  longestGapMs: { label: 'longest gap ms', digits: 0 },
  abortPromptMs: { label: 'later after a prompt, ms', digits: 0 },
  abortAnswerMs: { label: 'later after an answer, ms', digits: 0 },
  tokenMs: { label: 'ms/token', digits: 2 },
  jsonTokenMs: { label: 'ms/token as JSON', digits: 2 },
  /** Of texts, beside longer ones and without them. */
  shortP99Ms: { label: 'short texts p99 ms', digits: 1 },
  shortAloneP99Ms: { label: 'short texts p99 ms, alone', digits: 1 },
  /** Of kinds of models in one server, all at a time and each alone; and the rate of each. */
  chatPerSecond: { label: 'chat/s', digits: 2 },
  embedPerSecond: { label: 'embeddings/s', digits: 1 },
  tensorPerSecond: { label: 'tensors/s', digits: 0 },
  chatP99Ms: { label: 'chat p99 ms', digits: 0 },
  chatAloneP99Ms: { label: 'chat p99 ms, alone', digits: 0 },
  embedP99Ms: { label: 'embeddings p99 ms', digits: 1 },
  embedAloneP99Ms: { label: 'embeddings p99 ms, alone', digits: 1 },
  tensorP99Ms: { label: 'tensors p99 ms', digits: 2 },
  tensorAloneP99Ms: { label: 'tensors p99 ms, alone', digits: 2 },
  /** Of the server, while it is under load. */
  loopLagP99Ms: { label: 'event loop lag p99 ms', digits: 1 },
  loopLagMaxMs: { label: 'event loop lag max ms', digits: 1 },
  /** Of a tenant beside others. */
  healthP50Ms: { label: 'health p50 ms', digits: 1 },
  healthP99Ms: { label: 'health p99 ms', digits: 1 },
  healthMaxMs: { label: 'health max ms', digits: 0 },
  completionP50Ms: { label: '2 tokens p50 ms', digits: 0 },
  completionMaxMs: { label: '2 tokens max ms', digits: 0 },
  jobsPerSecond: { label: 'jobs/s', digits: 1 },
  attacksPerSecond: { label: 'attacks/s', digits: 1 },
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

/** The smallest value that this share of all values does not exceed; throws where there are none. */
export function quantileOf(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
  if (value === undefined) throw new Error('no values to take a quantile of');
  return value;
}
