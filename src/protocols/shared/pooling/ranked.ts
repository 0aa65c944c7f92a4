import type { PoolingResult } from './run.js';

/** A text by its place in the request, with its score. */
export interface RankedText {
  readonly index: number;
  readonly score: number;
}

/** Texts by their scores, the best first. */
export function ranked({ rows }: Pick<PoolingResult, 'rows'>): readonly RankedText[] {
  return descending(rows.map(([score = 0], index) => ({ index, score })));
}

/** Sorted and then reversed, as TEI does: of equal scores the last one comes first. */
export function descending<Scored extends { readonly score: number }>(list: readonly Scored[]): readonly Scored[] {
  return list.toSorted((a, b) => a.score - b.score).reverse();
}
