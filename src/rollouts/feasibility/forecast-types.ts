import type { Requirements } from './requirements.js';

/** How many users there are, and how that is known. */
export interface UserCount {
  readonly count: number;
  /** Told at the start, or the different keys until now. */
  readonly source: 'declared' | 'counted';
}

/** How much a verdict needs in the step that is in force, and how long that takes. */
export interface Forecast extends Requirements {
  /** Name of the step: "step 2 of 5 (5 %)". */
  readonly step: string;
  /** Of sticky rollouts; undefined before 1,000 requests, unless it was declared. */
  readonly users: UserCount | undefined;
  /** Observations of canary that count, until now. */
  readonly counted: number;
  readonly perSecond: number | undefined;
  /** Until a canary that is like stable is fine; undefined = not known, or never. */
  readonly remainingMs: number | undefined;
  /** Why it will not be known in this step; undefined = it may. */
  readonly obstacle: Obstacle | undefined;
  readonly sentence: string;
}

/** No number is enough; there are too few users; they come too slowly for the time that the step may be held. */
export type Obstacle = 'share' | 'users' | 'time';
