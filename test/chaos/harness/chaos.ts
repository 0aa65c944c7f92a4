import type { Random } from '../../support/random.js';
import type { Journal } from './journal.js';
import type { ChaosServer, ControlMode, Place } from './server.js';

/** What else may be done to a server: 20 attackers, SIGHUP, damaged repositories, a log reader that goes, a restart that overlaps. */
export type Adversity = 'attackers' | 'hang-ups' | 'repositories' | 'log reader' | 'overlap';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly swaps: number;
  readonly clients: number;
  readonly mode: ControlMode;
  /** Default: none. */
  readonly adversities?: readonly Adversity[];
}

/** A run of chaos, and all that takes part in it. */
export interface Chaos {
  readonly options: ChaosOptions;
  readonly place: Place;
  readonly server: ChaosServer;
  readonly journal: Journal;
  readonly random: Random;
  /** Every runner that was ever seen. */
  readonly seen: Map<number, string>;
}
