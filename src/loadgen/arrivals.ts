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

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
