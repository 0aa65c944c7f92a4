/** What a metric may spend, and how sure it has to be. */
export interface Confidence {
  /** Its part of the error budget: how likely it accuses a canary that is like stable, at most. */
  readonly budget: number;
  /** How likely the bounds of a difference do not hold at some time. */
  readonly alpha: number;
}
