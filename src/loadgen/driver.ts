import type { LaneOptions } from './lane.js';
import type { Recorder } from './recorder.js';

/** Keeps a level of load on the target until it is stopped. */
export interface Driver {
  start(): void;
  /** Sends no more; what is in flight goes on. */
  stop(): void;
  /** Drops what is in flight. */
  close(): void;
}

/** What every driver needs. */
export interface DriverOptions {
  readonly lane: Omit<LaneOptions, 'onFree'>;
  readonly recorder: Recorder;
  readonly timeoutMs: number;
}

/** How often requests are checked for having waited too long. */
export function sweepIntervalMs(timeoutMs: number): number {
  return Math.min(250, Math.max(1, timeoutMs / 4));
}
