import type { Clock } from '../core/index.js';
import type { Repository, RepositoryScan, ScanOptions } from './types.js';

/** Whether the files of one version are whole. */
export interface SettleJudgement {
  /** Milliseconds until they count as whole if nothing happens to them; 0 = they do. */
  readonly settlesInMs: number;
  /** They have been whole before, so they may be in use. */
  readonly known: boolean;
}

interface Observation {
  state: string;
  sinceMs: number;
  known: boolean;
  used: boolean;
}

/**
 * Tells whether files are whole: they are once nothing has changed for `stableMs`, by their times or, where those lie in
 * the future, by what earlier scans saw.
 */
export class SettleTracker {
  readonly #clock: Clock;
  readonly #stableMs: number;
  readonly #observations = new Map<string, Observation>();

  constructor(clock: Clock, stableMs: number) {
    this.#clock = clock;
    this.#stableMs = stableMs;
  }

  judge(key: string, fingerprint: string, newestMtimeMs: number): SettleJudgement {
    const now = this.#clock.now();
    const state = `${fingerprint} ${newestMtimeMs}`;
    const seen = this.#observations.get(key) ?? { state, sinceMs: now, known: false, used: true };
    this.#observations.set(key, seen);
    seen.used = true;
    if (seen.state !== state) {
      seen.state = state;
      seen.sinceMs = now;
    }
    const ageMs = this.#clock.wallNow() - newestMtimeMs;
    const quietMs = Math.max(now - seen.sinceMs, ageMs);
    const settlesInMs = Math.max(0, Math.ceil(this.#stableMs - quietMs));
    if (settlesInMs === 0) seen.known = true;
    return { settlesInMs, known: seen.known };
  }

  /** Forgets what lay in a folder. */
  forget(folder: string): void {
    for (const key of this.#observations.keys()) if (key.startsWith(folder)) this.#observations.delete(key);
  }

  /** Forgets what nobody has asked for since the last call. */
  prune(): void {
    for (const [key, observation] of this.#observations) {
      if (observation.used) observation.used = false;
      else this.#observations.delete(key);
    }
  }
}

export interface Patience {
  readonly clock: Clock;
  readonly maxWaitMs: number;
  /** The result is no longer needed. */
  readonly stopped?: () => boolean;
}

/** Scans again until every selected version is whole or `maxWaitMs` has passed. Keeps the process alive meanwhile. */
export async function scanSettled(
  repository: Pick<Repository, 'scan'>,
  options: ScanOptions,
  { clock, maxWaitMs, stopped = () => false }: Patience,
): Promise<RepositoryScan> {
  const giveUpAt = clock.now() + maxWaitMs;
  for (;;) {
    const scan = await repository.scan(options);
    const leftMs = giveUpAt - clock.now();
    if (scan.unsettled.length === 0 || leftMs <= 0 || stopped()) return scan;
    const waitMs = Math.min(leftMs, Math.max(...scan.unsettled.map((version) => version.settlesInMs)));
    await clock.sleep(waitMs);
  }
}
