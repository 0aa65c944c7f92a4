/** Bytes from `start` up to `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Where `sizeBytes` fit first between extents that are in order, and at which place of the list that is. */
export function firstGap(
  extents: readonly Extent[],
  sizeBytes: number,
): { readonly index: number; readonly start: number } {
  let start = 0;
  for (let index = 0; index < extents.length; index++) {
    const extent = extents[index] as Extent;
    if (extent.start - start >= sizeBytes) return { index, start };
    start = extent.end;
  }
  return { index: extents.length, start };
}
