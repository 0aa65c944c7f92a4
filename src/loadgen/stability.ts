/** What the stability rule reads of one window. */
export interface StabilityPoint {
  readonly requestsPerSecond: number;
  readonly latencyMs: number;
}

export interface StabilityRule {
  /** Windows in a row that must agree. */
  readonly windows: number;
  /** 0.1 = the largest may be 10 % above the smallest. */
  readonly tolerance: number;
}

/**
 * perf_analyzer's rule: in each of the last `windows` windows something was answered, and both the throughputs and the
 * latencies lie within the tolerance (largest / smallest <= 1 + tolerance).
 */
export function isStable(points: readonly StabilityPoint[], rule: StabilityRule): boolean {
  if (points.length < rule.windows) return false;
  const last = points.slice(-rule.windows);
  if (last.some((point) => point.requestsPerSecond === 0)) return false;
  return (
    agree(
      last.map((point) => point.requestsPerSecond),
      rule.tolerance,
    ) &&
    agree(
      last.map((point) => point.latencyMs),
      rule.tolerance,
    )
  );
}

function agree(values: readonly number[], tolerance: number): boolean {
  return Math.max(...values) <= Math.min(...values) * (1 + tolerance);
}
