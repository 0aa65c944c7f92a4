/** What a rollout was like at a moment; plain JSON. */
export interface TimelinePoint {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Percent of the requests that canary got. */
  readonly weight: number;
  /** The highest evidence against canary of all metrics, as a share of what is enough to roll back: 1 = enough. */
  readonly evidence: number;
}

const MAX_POINTS = 240;
const FIRST_INTERVAL_MS = 1_000;

/** A rollout from its beginning, in ever longer intervals, so that it stays small however long it takes. */
export class Timeline {
  #points: TimelinePoint[];
  #intervalMs = FIRST_INTERVAL_MS;

  constructor(points: readonly TimelinePoint[] = []) {
    this.#points = [...points];
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || points.length < 2) return;
    const averageMs = (last.atMs - first.atMs) / (points.length - 1);
    while (this.#intervalMs * 1.5 < averageMs) this.#intervalMs *= 2;
  }

  get points(): readonly TimelinePoint[] {
    return this.#points;
  }

  /** Keeps the point if the interval since the last one is over, or canary's share has changed. */
  add(point: TimelinePoint): void {
    const last = this.#points.at(-1);
    const isDue = last === undefined || point.weight !== last.weight || point.atMs - last.atMs >= this.#intervalMs;
    if (!isDue) return;
    this.#points.push(point);
    if (this.#points.length <= MAX_POINTS) return;
    this.#intervalMs *= 2;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
  }
}
