import type { MetricVerdict, Verdict } from '../../rollouts/index.js';

/** The state of a metric at a moment, numbers to four digits. */
export type MetricPoint = Omit<MetricVerdict, 'sentence' | 'missing'>;

/** The state of a rollout at a moment; plain JSON. */
export interface TimelinePoint {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Percent of the requests that canary got. */
  readonly weight: number;
  /** The highest evidence against canary of all metrics, as a share of what is enough to roll back: 1 = enough. */
  readonly evidence: number;
  /** Empty in points that were stored by an earlier version. */
  readonly metrics: readonly MetricPoint[];
}

const MAX_POINTS = 240;
const FIRST_INTERVAL_MS = 1_000;

/** A rollout from its beginning, in ever longer intervals, so that it stays small however long it takes. */
export class Timeline {
  #points: TimelinePoint[];
  #intervalMs: number;

  constructor(points: readonly TimelinePoint[] = []) {
    this.#points = [...points];
    this.#intervalMs = intervalOf(points);
  }

  get points(): readonly TimelinePoint[] {
    return this.#points;
  }

  /** Keeps the point if the interval since the last one is over, canary's share has changed, or something `isDecided`. */
  add(point: TimelinePoint, { isDecided = false }: { readonly isDecided?: boolean } = {}): void {
    const last = this.#points.at(-1);
    const isDue = last === undefined || point.weight !== last.weight || point.atMs - last.atMs >= this.#intervalMs;
    if (!isDue && !isDecided) return;
    this.#points.push(point);
    if (this.#points.length <= MAX_POINTS) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#intervalMs = intervalOf(this.#points);
  }
}

/** The interval at which points have been added: decisions in quick succession make it no longer. */
function intervalOf(points: readonly TimelinePoint[]): number {
  const [first, last] = [points[0], points.at(-1)];
  let intervalMs = FIRST_INTERVAL_MS;
  if (first === undefined || last === undefined || points.length < 2) return intervalMs;
  const averageMs = (last.atMs - first.atMs) / (points.length - 1);
  while (intervalMs * 1.5 < averageMs) intervalMs *= 2;
  return intervalMs;
}

/** How a rollout stands, as its timeline keeps it. */
export function timelinePoint(atMs: number, weight: number, { metrics }: Verdict): TimelinePoint {
  const evidence = Math.max(0, ...metrics.map((metric) => metric.evidence / metric.limit));
  return { atMs, weight, evidence, metrics: metrics.map(metricPoint) };
}

function metricPoint({ name, kind, stable, canary, difference, margin, ...rest }: MetricVerdict): MetricPoint {
  const { evidence, limit, observations } = rest;
  return {
    name,
    kind,
    stable: stable === undefined ? undefined : rounded(stable),
    canary: canary === undefined ? undefined : rounded(canary),
    difference: { low: rounded(difference.low), high: rounded(difference.high) },
    margin,
    evidence: rounded(evidence),
    limit,
    observations,
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
