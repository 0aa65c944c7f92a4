/** Milliseconds from one arrival to the next. */
export type Gaps = () => number;

/** The gaps of an open loop: all equal, or exponentially distributed (a Poisson process). */
export function createGaps(options: {
  readonly requestsPerSecond: number;
  readonly arrivals: 'constant' | 'poisson';
  readonly random: () => number;
}): Gaps {
  const meanMs = 1000 / options.requestsPerSecond;
  if (options.arrivals === 'constant') return () => meanMs;
  return () => -Math.log(1 - options.random()) * meanMs;
}
