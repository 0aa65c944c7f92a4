import { RunningMedian } from '../running-median.js';

/** Runs after which a running median has settled. */
const SETTLED_RUNS = 64;
/** So many times as long, or as short, is another time. */
const CHANGE_RATIO = 2;

interface Times {
  readonly median: RunningMedian;
  runs: number;
  baselineMs: number;
}

/** Notices that runs take twice or half as long as they did; compares runs with about as many rows (powers of two). */
export class DriftWatch {
  readonly #bySize = new Map<number, Times>();

  /** Adds a run; says whether runs like it take another time now than at first. */
  add(rows: number, ms: number): boolean {
    const size = Math.floor(Math.log2(Math.max(1, rows)));
    let times = this.#bySize.get(size);
    if (times === undefined) {
      times = { median: new RunningMedian(), runs: 0, baselineMs: 0 };
      this.#bySize.set(size, times);
    }
    times.median.add(ms);
    times.runs++;
    if (times.runs < SETTLED_RUNS) return false;
    if (times.runs === SETTLED_RUNS) times.baselineMs = times.median.value;
    const ratio = times.median.value / times.baselineMs;
    return ratio >= CHANGE_RATIO || ratio <= 1 / CHANGE_RATIO;
  }

  /** Begins anew: what runs take now is what they are compared with. */
  reset(): void {
    this.#bySize.clear();
  }
}
