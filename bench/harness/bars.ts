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
