import type { Clock } from '../core/index.js';
import type { Repository, RepositoryScan, ScanOptions } from './types.js';

interface Observation {
  readonly fingerprint: string;
  readonly sinceMs: number;
}

/**
 * Tells whether files are whole: they are once nothing has changed for `stableMs`, by their times or, where those lie in
 * the future, by what earlier looks saw.
 */
export class SettleTracker {
  readonly #clock: Clock;
  readonly #stableMs: number;
  readonly #observed = new Map<string, Observation>();

  constructor(clock: Clock, stableMs: number) {
    this.#clock = clock;
    this.#stableMs = stableMs;
  }

  /** Milliseconds until the files behind `key` count as whole if nothing happens to them; 0 = they do. */
  settlesInMs(key: string, fingerprint: string, newestMtimeMs: number): number {
    const ageMs = this.#clock.wallNow() - newestMtimeMs;
    if (ageMs >= this.#stableMs) {
      this.#observed.delete(key);
      return 0;
    }
    const known = this.#observed.get(key);
    const now = this.#clock.now();
    const observation = known?.fingerprint === fingerprint ? known : { fingerprint, sinceMs: now };
    this.#observed.set(key, observation);
    const byObservation = observation.sinceMs + this.#stableMs - now;
    const byAge = ageMs >= 0 ? this.#stableMs - ageMs : byObservation;
    return Math.max(0, Math.ceil(Math.min(byAge, byObservation)));
  }
}

/** Looks again until every selected version is whole or `maxWaitMs` has passed. */
export async function scanSettled(
  repository: Repository,
  options: ScanOptions,
  patience: { readonly clock: Clock; readonly maxWaitMs: number },
): Promise<RepositoryScan> {
  const { clock, maxWaitMs } = patience;
  const giveUpAt = clock.now() + maxWaitMs;
  for (;;) {
    const scan = await repository.scan(options);
    const leftMs = giveUpAt - clock.now();
    if (scan.unsettled.length === 0 || leftMs <= 0) return scan;
    const waitMs = Math.min(leftMs, Math.max(...scan.unsettled.map((version) => version.settlesInMs)));
    await clock.sleep(waitMs);
  }
}
