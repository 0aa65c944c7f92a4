/** Runs of batches with the same number of rows. */
export interface MeasuredRuns {
  readonly rows: number;
  /** Milliseconds of each; at least one. */
  readonly runsMs: readonly number[];
}

interface Size {
  readonly rows: number;
  /** Ascending. */
  readonly sortedMs: readonly number[];
  readonly meanMs: number;
}

/**
 * How long a run takes, by the rows of its batch: the distribution that was measured for some sizes, interpolated between them, and extended
 * beyond the largest along the fitted line `fixedMs + rows × perRowMs`.
 */
export class RunTimes {
  readonly #sizes: readonly Size[];
  /** Of the line through the means; neither is negative. */
  readonly fixedMs: number;
  readonly perRowMs: number;

  /** Throws RangeError where nothing was measured. */
  constructor(measured: readonly MeasuredRuns[]) {
    this.#sizes = measured
      .map(({ rows, runsMs }) => ({ rows, sortedMs: [...runsMs].sort((a, b) => a - b), meanMs: meanOf(runsMs) }))
      .sort((one, other) => one.rows - other.rows);
    if (this.#sizes.length === 0 || this.#sizes.some(({ sortedMs }) => sortedMs.length === 0)) {
      throw new RangeError('run times: nothing was measured');
    }
    [this.fixedMs, this.perRowMs] = fitLine(this.#sizes);
  }

  /** The mean of a run with so many rows. */
  meanMs(rows: number): number {
    return this.#at(rows, ({ meanMs }) => meanMs);
  }

  /** The run that `share` (0 to 1) of those with so many rows are shorter than. */
  quantileMs(rows: number, share: number): number {
    return this.#at(rows, ({ sortedMs }) => quantileOf(sortedMs, share));
  }

  #at(rows: number, figureOf: (size: Size) => number): number {
    const above = this.#sizes.findIndex((size) => size.rows >= rows);
    if (above === -1) {
      const last = this.#sizes[this.#sizes.length - 1] as Size;
      return (figureOf(last) * this.#line(rows)) / this.#line(last.rows);
    }
    const upper = this.#sizes[above] as Size;
    const lower = this.#sizes[above - 1];
    if (upper.rows === rows || lower === undefined) return figureOf(upper);
    const share = (rows - lower.rows) / (upper.rows - lower.rows);
    return figureOf(lower) * (1 - share) + figureOf(upper) * share;
  }

  #line(rows: number): number {
    return Math.max(Number.MIN_VALUE, this.fixedMs + rows * this.perRowMs);
  }
}

/** The value that `share` (0 to 1) of ascending values are below; 0 where there are none. */
export function quantileOf(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Least squares over the means, each weighted by 1 / mean², as large batches are not known better than small ones. */
function fitLine(sizes: readonly Size[]): readonly [fixedMs: number, perRowMs: number] {
  const [first] = sizes as readonly [Size];
  if (sizes.length === 1) return [0, first.meanMs / first.rows];
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  for (const { rows, meanMs } of sizes) {
    const weight = 1 / Math.max(meanMs, 1e-6) ** 2;
    w += weight;
    wx += weight * rows;
    wy += weight * meanMs;
    wxx += weight * rows * rows;
    wxy += weight * rows * meanMs;
  }
  const perRowMs = Math.max(0, (w * wxy - wx * wy) / (w * wxx - wx * wx));
  const fixedMs = (wy - perRowMs * wx) / w;
  return fixedMs >= 0 ? [fixedMs, perRowMs] : [0, wxy / wxx];
}
