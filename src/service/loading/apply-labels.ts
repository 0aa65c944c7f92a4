import type { ModelSource } from '../../repository/index.js';
import type { VersionLabels } from '../labels/version-labels.js';

/** Takes the labels of what a scan has found: of models that are being loaded, and once more when that is over (`isFinal`). */
export function applyLabels(
  labels: VersionLabels,
  sources: readonly ModelSource[],
  options: { readonly isFinal: boolean },
): void {
  // All versions of a model have the same configuration.
  const byName = new Map(
    sources.map(({ name, config, labelPlaces }) => [name, { labels: config.labels ?? {}, places: labelPlaces ?? {} }]),
  );
  for (const [name, wanted] of byName) labels.apply(name, wanted, options);
}
