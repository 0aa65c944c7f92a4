/** How busy the server is now: of all models together. */
export interface ServerLoad {
  /** In queues, including those in preparation. */
  readonly waitingRequests: number;
  /** At instances. */
  readonly runningRequests: number;
  /** The largest share of its KV cache that the running requests of a language model use, 0 to 1; undefined = there is no such model. */
  readonly cacheUsage: number | undefined;
}

/** Request header by which a proxy asks for a report in a format. */
export const LOAD_FORMAT_HEADER = 'endpoint-load-metrics-format';
export const LOAD_HEADER = 'endpoint-load-metrics';

/**
 * A load report of ORCA (Open Request Cost Aggregation) as a header's value, with vLLM's names for the metrics; undefined for a format other
 * than `TEXT` and `JSON`.
 */
export function formatLoadReport(load: ServerLoad, format: string): string | undefined {
  const metrics: Record<string, number> = {
    ...(load.cacheUsage !== undefined && { kv_cache_usage_perc: load.cacheUsage }),
    num_requests_waiting: load.waitingRequests,
    num_requests_running: load.runningRequests,
  };
  switch (format.toUpperCase()) {
    case 'TEXT':
      return `TEXT ${Object.entries(metrics)
        .map(([name, value]) => `named_metrics.${name}=${value}`)
        .join(', ')}`;
    case 'JSON':
      return `JSON ${JSON.stringify({ named_metrics: metrics })}`;
    default:
      return undefined;
  }
}
