import { type Sample, spreadOf, valuesOf } from '../harness/sample.js';

export interface SlopesOf {
  /** What there are so many of: `models`. */
  readonly what: string;
  /** Ascending. */
  readonly counts: readonly number[];
  /** Name of the contestant that has so many. */
  readonly nameOf: (count: number) => string;
}

/** What one more costs to start and in memory, in each stretch between two counts: equal stretches mean linear growth. */
export function slopesOf(
  { what, counts, nameOf }: SlopesOf,
  contestants: readonly { readonly name: string; readonly samples: readonly Sample[] }[],
): string[] {
  const medianOf = (count: number, metric: 'startMs' | 'memoryMb'): number | undefined => {
    const samples = contestants.find(({ name }) => name === nameOf(count))?.samples ?? [];
    return spreadOf(valuesOf(samples, metric))?.median;
  };
  return counts.slice(1).flatMap((to, index) => {
    const from = counts[index] ?? 1;
    const [startFrom, startTo] = [medianOf(from, 'startMs'), medianOf(to, 'startMs')];
    const [memoryFrom, memoryTo] = [medianOf(from, 'memoryMb'), medianOf(to, 'memoryMb')];
    if (startFrom === undefined || startTo === undefined || memoryFrom === undefined || memoryTo === undefined)
      return [];
    const startSlope = ((startTo - startFrom) / (to - from)).toFixed(2);
    const memorySlope = (((memoryTo - memoryFrom) * 1024) / (to - from)).toFixed(0);
    return [`${from} → ${to} ${what}: ${startSlope} ms and ${memorySlope} KB for each`];
  });
}
