import type { LoadLevel, Measurement } from './options.js';

/** Milliseconds; all 0 when nothing was measured. */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly standardDeviationMs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** What the server's process tree spent while it was measured. */
export interface ServerCost {
  readonly processes: number;
  /** User + system time of the tree. */
  readonly cpuMs: number;
  readonly cpuUsPerRequest: number;
  /** Cores in use on average. */
  readonly cores: number;
  /** Proportional set size (Linux), else the sum of resident sizes. */
  readonly memoryBytes: number;
  readonly memoryKind: 'pss' | 'rss';
}

export interface WindowReport {
  readonly durationMs: number;
  /** Good answers that arrived in the window. */
  readonly completed: number;
  readonly requestsPerSecond: number;
  /** Of the requests that were due in the window. */
  readonly latency: LatencySummary;
  readonly failed: number;
}

/** One level: the windows that count, joined. */
export interface LevelReport {
  readonly level: LoadLevel;
  /** The stability rule was met; always true where it was not asked for. */
  readonly stable: boolean;
  readonly windows: readonly WindowReport[];
  readonly durationMs: number;
  readonly completed: number;
  readonly requestsPerSecond: number;
  readonly rowsPerSecond: number;
  /**
   * From the moment a request was due (open loop) or sent (closed loop) to its last byte. A request that timed out
   * counts with the time it was waited for; one that failed otherwise does not.
   */
  readonly latency: LatencySummary;
  /** Open loop: how late the generator sent, which is part of `latency`. */
  readonly sendDelay: LatencySummary | undefined;
  /** Latency by percentile (0–100), for plots. */
  readonly distribution: readonly { readonly percentile: number; readonly latencyMs: number }[];
  /** Requests by outcome: a status (`200`), `timeout`, an operating system's error code, or what was wrong with the answer. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly bytesSentPerSecond: number;
  readonly bytesReceivedPerSecond: number;
  readonly server: ServerCost | undefined;
  /** Cores that the generator itself used; near 1 it is the bottleneck. */
  readonly generatorCores: number;
}

export interface LoadReport {
  readonly url: string;
  /** Of the requests, such as `/v2/models/mlp/infer`; of different ones, that of the first. */
  readonly path: string;
  readonly startedAt: string;
  readonly measurement: Measurement;
  readonly rowsPerRequest: number;
  readonly requestBytes: number;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string; readonly node: string };
  readonly levels: readonly LevelReport[];
}
