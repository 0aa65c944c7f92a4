import type { BarSpec, Round } from './row.js';
import { METRICS, type Metric } from './sample.js';

interface Comparison {
  readonly metric: Metric;
  /** Contestant judged, and the one it is held against. */
  readonly who: string;
  readonly against: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Counts only the rounds in which this holds. */
  readonly where?: Condition;
}

/** A metric of a contestant in a round is at most so much. */
export interface Condition {
  readonly metric: Metric;
  readonly who: string;
  readonly atMost: number;
}

/** `who`'s metric as a multiple of `against`'s, in the same round. */
export function ratioBar({ metric, who, against, where, ...limits }: Comparison): BarSpec {
  return {
    text: `${METRICS[metric].label}: ${who} / ${against}${textOf(where)}`,
    digits: 2,
    contestants: [who, against],
    ...limits,
    ...conditionOf(where),
    of(round) {
      const [top, bottom] = [round[who]?.[metric], round[against]?.[metric]];
      return top === undefined || bottom === undefined || bottom === 0 ? undefined : top / bottom;
    },
  };
}

/** `who`'s metric less `against`'s, in the same round; in microseconds where the metric is in milliseconds. */
export function differenceUsBar({ metric, who, against, where, ...limits }: Comparison): BarSpec {
  return {
    text: `${METRICS[metric].label.replace(' ms', '')}: ${who} − ${against}, µs${textOf(where)}`,
    digits: 0,
    contestants: [who, against],
    ...limits,
    ...conditionOf(where),
    of(round) {
      const [top, bottom] = [round[who]?.[metric], round[against]?.[metric]];
      return top === undefined || bottom === undefined ? undefined : (top - bottom) * 1000;
    },
  };
}

interface MeanComparison extends Omit<Comparison, 'metric' | 'where'> {
  readonly text: string;
  readonly metrics: readonly Metric[];
}

/** The mean of several metrics of `who`, each as a multiple of `against`'s in the same round. */
export function meanRatioBar({ text, metrics, who, against, ...limits }: MeanComparison): BarSpec {
  const bars = metrics.map((metric) => ratioBar({ metric, who, against }));
  return {
    text: `${text}: ${who} / ${against}`,
    digits: 2,
    contestants: [who, against],
    ...limits,
    of(round) {
      const ratios = bars.flatMap((bar) => bar.of(round) ?? []);
      return ratios.length < bars.length ? undefined : ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    },
  };
}

interface Share extends Omit<Comparison, 'against' | 'where'> {
  readonly of: Metric;
}

/** One metric of `who` as a multiple of another one of the same contestant. */
export function shareBar({ metric, of: whole, who, ...limits }: Share): BarSpec {
  return {
    text: `${METRICS[metric].label} / ${METRICS[whole].label}: ${who}`,
    digits: 2,
    contestants: [who],
    ...limits,
    of(round) {
      const [top, bottom] = [round[who]?.[metric], round[who]?.[whole]];
      return top === undefined || bottom === undefined || bottom === 0 ? undefined : top / bottom;
    },
  };
}

/** `who`'s metric as it is. */
export function valueBar({ metric, who, ...limits }: Omit<Comparison, 'against' | 'where'>): BarSpec {
  return {
    text: `${METRICS[metric].label}: ${who}`,
    digits: METRICS[metric].digits,
    contestants: [who],
    ...limits,
    of: (round) => round[who]?.[metric],
  };
}

function textOf(where: Condition | undefined): string {
  return where === undefined ? '' : `, where ${METRICS[where.metric].label} of ${where.who} ≤ ${where.atMost}`;
}

function conditionOf(where: Condition | undefined): Pick<BarSpec, 'counts'> {
  if (where === undefined) return {};
  const { metric, who, atMost } = where;
  return { counts: (round: Round) => (round[who]?.[metric] ?? Number.POSITIVE_INFINITY) <= atMost };
}
