import type { LoadRequest } from './request.js';

/** How hard to press: a number of requests kept in flight (closed loop), or a rate of arrivals (open loop). */
export type LoadLevel =
  | { readonly kind: 'concurrency'; readonly concurrency: number }
  | { readonly kind: 'rate'; readonly requestsPerSecond: number; readonly arrivals: 'constant' | 'poisson' };

/**
 * When a level has been measured enough. `stable` is perf_analyzer's rule: until throughput and latency of the last
 * `windows` windows lie within `tolerance` of each other, or `maxWindows` have passed.
 */
export type Measurement =
  | {
      readonly kind: 'stable';
      readonly windowMs: number;
      readonly windows: number;
      readonly tolerance: number;
      readonly maxWindows: number;
      /** Percentile that has to settle; undefined = the mean. */
      readonly percentile: number | undefined;
    }
  | { readonly kind: 'duration'; readonly durationMs: number }
  | { readonly kind: 'count'; readonly requests: number };

/** What to run. Only `url`, `requests` and `levels` are required. */
export interface LoadOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** Sent in turn; at least one. */
  readonly requests: readonly LoadRequest[];
  readonly levels: readonly LoadLevel[];
  readonly measurement?: Measurement;
  /** Load before each level's first window; default 1000. */
  readonly warmupMs?: number;
  /** A request without an answer for this long has failed; default 30000. */
  readonly timeoutMs?: number;
  /** Most connections of an open loop; default 1024. Arrivals beyond wait, and their wait counts as latency. */
  readonly maxConnections?: number;
  /** Rows that one request carries, for rows a second; default 1. */
  readonly rowsPerRequest?: number;
  /** Makes random arrivals repeatable; default 1. */
  readonly seed?: number;
  /** Process whose tree is charged for the work (same machine): CPU and memory are reported. */
  readonly serverPid?: number;
  /** Ends a sweep at the first level whose p99 is above this. */
  readonly latencyLimitMs?: number;
  readonly insecureTls?: boolean;
  /** Certificates of an https server to trust, as PEM, in place of the usual ones. */
  readonly ca?: readonly string[];
  /** The certificate to show to it, and its private key, as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string } | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** Called after each window. */
export interface LoadProgress {
  readonly level: LoadLevel;
  readonly levelIndex: number;
  readonly levelCount: number;
  /** Windows measured so far in this level, and the most there will be. */
  readonly windows: number;
  readonly maxWindows: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: number;
}

export const DEFAULT_MEASUREMENT: Measurement = {
  kind: 'stable',
  windowMs: 5_000,
  windows: 3,
  tolerance: 0.1,
  maxWindows: 10,
  percentile: undefined,
};
