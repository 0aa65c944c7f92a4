import type { RouteConfig } from './options.js';

/** What becomes of answers, as callers report it. */
export interface OutcomeTerms {
  readonly kind: 'binary' | 'label' | 'number';
  /** Least and largest value; 0 and 1 of binary ones, and of labels: whether the answer was the right one. */
  readonly low: number;
  readonly high: number;
  readonly better: 'higher' | 'lower';
  /** How long after an answer its outcome is taken. */
  readonly windowMs: number;
  /** What counts where none has come by then; undefined = nothing. */
  readonly missing: number | undefined;
}

/** Where in a route's configuration something is wrong, and what. */
type Report = (path: readonly string[], message: string) => void;

/** The terms of a route's configuration, in which `report` hears of what is wrong; undefined where it collects none. */
export function outcomesOf({ outcomes }: RouteConfig, report: Report): OutcomeTerms | undefined {
  if (outcomes === undefined) return undefined;
  const { kind, range, better, windowMs, missing } = outcomes;
  const isNumber = kind === 'number';
  if (!isNumber && range !== undefined) {
    report(['outcomes', 'range'], 'expected none: outcomes that are binary are 0 or 1; set `kind: number` for others');
  }
  if (isNumber && range === undefined) {
    report(['outcomes'], 'expected a `range` for outcomes that are numbers, such as [0, 100]');
  }
  const [low = 0, high = 1] = range ?? [];
  if (low >= high) report(['outcomes', 'range'], `expected the least value, then the largest, got [${low}, ${high}]`);
  const isMissingKnown =
    missing === undefined || (isNumber ? missing >= low && missing <= high : missing === 0 || missing === 1);
  if (!isMissingKnown) {
    const wanted = isNumber ? `a number from ${low} to ${high}` : '0 or 1';
    report(['outcomes', 'missing'], `expected ${wanted}, got ${missing}`);
  }
  return { kind, low, high, better, windowMs, missing };
}
