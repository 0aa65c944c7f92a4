export type ArmName = 'stable' | 'canary';

/** One request that has ended. */
export interface Observation {
  readonly arm: ArmName;
  /** Canary's share of the requests when the arm was chosen, 0 to 1: only requests that were dealt alike are compared with each other. */
  readonly share: number;
  /** When it ended, by {@link Clock.now}. */
  readonly atMs: number;
  readonly failed: boolean;
  /** undefined where it failed, or does not count (a cache hit). */
  readonly latencyMs: number | undefined;
  /** Of the answer: class, finish reason, … as a small bucket; undefined where it has none. */
  readonly answer: string | undefined;
  /** The number that the answer is, where it is one and no class. */
  readonly score?: number | undefined;
  /** Of an answer that is a vector. */
  readonly vector?: VectorSketch | undefined;
  /**
   * Where arms are chosen by keys (sticky): 32 bits that stand for the key, well mixed. The keys are what is dealt by chance, so that the first
   * request of each is all that counts, at each share. undefined = each request is dealt for itself.
   */
  readonly key?: number | undefined;
  /** false = the guard rail alone looks at it: chance assigns no keys for now, as canary gets no further ones. */
  readonly isAssigned?: boolean | undefined;
}

/** A vector in short. */
export interface VectorSketch {
  /** Its length. */
  readonly size: number;
  /** Its direction, of length 1: by a few fixed projections, the same for all vectors of a model. */
  readonly direction: readonly number[];
}

/** What came of an answer, however late. */
export interface ObservedOutcome {
  readonly arm: ArmName;
  /** As of the request's {@link Observation}. */
  readonly share: number;
  /** The larger the better, scaled to 0..1 by its declared range; what is outside counts as its end. */
  readonly value: number;
  /** As of the request's {@link Observation}: the first outcome of each key counts. */
  readonly key?: number | undefined;
}
