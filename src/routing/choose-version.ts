import type { ModelRef } from '../core/index.js';

/**
 * Which of the serving versions answers: the requested one, or the numerically highest when nobody asks for one.
 * `serving` is ascending by version; undefined when there is no such version.
 */
export function chooseVersion<Served extends { readonly ref: ModelRef }>(
  serving: readonly Served[],
  wanted: number | undefined,
): Served | undefined {
  if (wanted === undefined) return serving[serving.length - 1];
  return serving.find(({ ref }) => ref.version === wanted);
}
