import type { BarSpec } from './row.js';
import { METRICS, type Metric } from './sample.js';

interface Comparison {
  readonly metric: Metric;
  /** Contestant judged, and the one it is held against. */
  readonly who: string;
  readonly against: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** `who`'s metric as a multiple of `against`'s, in the same round. */
export function ratioBar({ metric, who, against, ...limits }: Comparison): BarSpec {
  return {
    text: `${METRICS[metric].label}: ${who} / ${against}`,
    digits: 2,
    ...limits,
    of(round) {
      const [top, bottom] = [round[who]?.[metric], round[against]?.[metric]];
      return top === undefined || bottom === undefined || bottom === 0 ? undefined : top / bottom;
    },
  };
}

/** `who`'s metric less `against`'s, in the same round; in microseconds where the metric is in milliseconds. */
export function differenceUsBar({ metric, who, against, ...limits }: Comparison): BarSpec {
  return {
    text: `${METRICS[metric].label.replace(' ms', '')}: ${who} − ${against}, µs`,
    digits: 0,
    ...limits,
    of(round) {
      const [top, bottom] = [round[who]?.[metric], round[against]?.[metric]];
      return top === undefined || bottom === undefined ? undefined : (top - bottom) * 1000;
    },
  };
}

/** `who`'s metric as it is. */
export function valueBar({ metric, who, ...limits }: Omit<Comparison, 'against'>): BarSpec {
  return {
    text: `${METRICS[metric].label}: ${who}`,
    digits: METRICS[metric].digits,
    ...limits,
    of: (round) => round[who]?.[metric],
  };
}
