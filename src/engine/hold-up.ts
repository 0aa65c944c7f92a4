import type { Call } from '../core/index.js';

/** How long a batch of the background holds up the next request that somebody waits for, about: while there are such requests, and otherwise. */
const IN_USE_HOLD_UP_MS = 5;
const IDLE_HOLD_UP_MS = 50;
/** So long after a request that somebody waits for, another one is expected. */
const IN_USE_MS = 10_000;
/** Weight of the last run in the mean. */
const LAST_RUN = 0.25;

interface Member {
  readonly rows: number;
  readonly call: Pick<Call, 'priority'>;
}

interface EndedRun {
  readonly rows: number;
  readonly members: readonly Member[];
}

export interface Places {
  /** Batches that could begin at once. */
  readonly free: number;
  /** Batches that run in the chosen instance. */
  readonly running: number;
  /** Batches that run at a time in an instance. */
  readonly concurrency: number;
}

/**
 * How much of a model the background may have: batches cannot be interrupted, so that a request that somebody waits for waits for the one that runs.
 */
export class HoldUp {
  #inUseUntil = Number.NEGATIVE_INFINITY;
  #rowMs: number | undefined;
  #isOfBackground = false;

  /** A batch was sent to an instance. */
  sent(members: readonly Member[], now: number): void {
    if (members.some((member) => !isBackground(member))) this.#inUseUntil = now + IN_USE_MS;
  }

  /** A batch has ended, in `ms`. Those of the background are sized by others like them: small ones cost more for each row. */
  ended({ rows, members }: EndedRun, ms: number): void {
    const [first] = members;
    if (first === undefined) return;
    const rowMs = ms / Math.max(1, rows);
    const fromBackground = isBackground(first);
    if (this.#rowMs === undefined || fromBackground !== this.#isOfBackground) {
      if (this.#isOfBackground) return;
      this.#rowMs = rowMs;
    } else this.#rowMs += LAST_RUN * (rowMs - this.#rowMs);
    this.#isOfBackground = fromBackground;
  }

  /**
   * Until when the background leaves the chosen place free: an instance gets no batch of it ahead, and the last of several places stays free. `now`
   * or earlier = it may have the place.
   */
  freeUntil({ free, running, concurrency }: Places): number {
    const isKept = concurrency > 1 ? free <= 1 : running > 0;
    return isKept ? this.#inUseUntil : Number.NEGATIVE_INFINITY;
  }

  /** Leaves out requests of the background that would make the batch too long; `candidates` in scheduling order, one at least is left. */
  limit<Candidate extends Member>(candidates: readonly Candidate[], now: number): readonly Candidate[] {
    const rowMs = this.#rowMs;
    if (rowMs === undefined || !candidates.some(isBackground)) return candidates;
    const limitMs =
      now < this.#inUseUntil || !isBackground(candidates[0] as Candidate) ? IN_USE_HOLD_UP_MS : IDLE_HOLD_UP_MS;
    const maxRows = limitMs / rowMs;
    let rows = 0;
    return candidates.filter((candidate, index) => {
      const fits = !isBackground(candidate) || index === 0 || rows + candidate.rows <= maxRows;
      if (fits) rows += candidate.rows;
      return fits;
    });
  }
}

function isBackground({ call }: Member): boolean {
  return call.priority === 'background';
}
