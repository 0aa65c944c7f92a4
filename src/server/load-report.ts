/** How busy the server is now: of all models together. */
export interface ServerLoad {
  /** In queues, those that are being prepared included. */
  readonly waitingRequests: number;
  /** At instances. */
  readonly runningRequests: number;
  /** Of the language model that needs most of its cache: the share that running requests need, 0 to 1; undefined = there is no such model. */
  readonly cacheUsage: number | undefined;
}

/** In which a proxy asks for a report, and says how it is to be written. */
export const LOAD_FORMAT_HEADER = 'endpoint-load-metrics-format';
export const LOAD_HEADER = 'endpoint-load-metrics';

/**
 * A load report as ORCA (Open Request Cost Aggregation) has it in a header, with the names that vLLM gives what it measures; undefined where no
 * known format is asked for. Formats: `TEXT` and `JSON`.
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
