/** Buckets per power of ten. */
const PER_DECADE = 5;

/** Counts by size on a logarithmic scale: by the number of the bucket, as text, since JSON has no other keys. */
export type Histogram = Record<string, number>;

/** The edges of what is told apart: 10^-12 to 10^12; what is beyond is counted with it, and what is not above 0 in a bucket of its own. */
const FIRST = -12 * PER_DECADE;
const LAST = 12 * PER_DECADE;
const ZERO = 'zero';

export function count(histogram: Histogram, value: number): void {
  const bucket = value > 0 ? String(Math.min(LAST, Math.max(FIRST, Math.floor(Math.log10(value) * PER_DECADE)))) : ZERO;
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/** One bucket: `low` < value ≤ about `high`. */
export interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** In order of size, that of 0 (from 0 to 0) first; only those that hold something. */
export function bucketsOf(histogram: Histogram): readonly Bucket[] {
  const zero = histogram[ZERO];
  const buckets = Object.entries(histogram)
    .filter(([bucket]) => bucket !== ZERO)
    .map(([bucket, counted]) => ({ bucket: Number(bucket), counted }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ bucket, counted }) => ({ low: edge(bucket), high: edge(bucket + 1), count: counted }));
  return zero === undefined ? buckets : [{ low: 0, high: 0, count: zero }, ...buckets];
}

/** The value below which a share of the counted ones lies, interpolated within its bucket; undefined where there is none. */
export function quantileOf(buckets: readonly Bucket[], share: number): number | undefined {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  let left = share * total;
  for (const bucket of buckets) {
    if (left <= bucket.count) {
      return bucket.low === 0 ? 0 : bucket.low * (bucket.high / bucket.low) ** (left / bucket.count);
    }
    left -= bucket.count;
  }
  return buckets.at(-1)?.high;
}

function edge(bucket: number): number {
  return 10 ** (bucket / PER_DECADE);
}
