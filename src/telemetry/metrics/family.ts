import type { Distribution } from './distribution.js';

export type Labels = Readonly<Record<string, string>>;

/** One line of the exposition. */
export interface Sample {
  /** Differs from the family's name for the parts of a histogram. */
  readonly metricName?: string;
  /** What tells this sample from its siblings. */
  readonly labels: Labels;
  /** Common to all samples of one owner; the same object each time, so that prom-client writes it out only once. */
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** A metric whose values are held elsewhere and read when it is scraped. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  collect(): Iterable<Sample>;
}

export const NO_LABELS: Labels = Object.freeze({});

/** Triton's metrics are in whole microseconds. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000);
}

/** A single value without labels. */
export function single(value: number): readonly Sample[] {
  return [{ labels: NO_LABELS, sharedLabels: NO_LABELS, value }];
}

/** What is exposed of a histogram. */
export type HistogramData = Pick<Distribution, 'bounds' | 'counts' | 'divisor' | 'sum'>;

/** The samples of one histogram. */
export function* histogramSamples(name: string, sharedLabels: Labels, data: HistogramData): Generator<Sample> {
  const { bounds, counts, divisor, sum } = data;
  let cumulative = 0;
  for (const [index, count] of counts.entries()) {
    cumulative += count;
    const bound = bounds[index];
    const le = bound === undefined ? '+Inf' : String(bound / divisor);
    yield { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: cumulative };
  }
  yield { metricName: `${name}_sum`, labels: NO_LABELS, sharedLabels, value: sum / divisor };
  yield { metricName: `${name}_count`, labels: NO_LABELS, sharedLabels, value: cumulative };
}
