import type { ModelSource } from '../../repository/index.js';
import type { LoadingParts } from './parts.js';

interface ApplyOptions {
  /** The models of the sources are loaded, or have failed. */
  readonly isFinal: boolean;
  /** The sources are of all models. */
  readonly isWhole?: boolean;
}

/** Takes the labels and aliases of what a scan has found: of models that are being loaded, and once more when that is over. */
export function applyNames(
  { labels, aliases }: Pick<LoadingParts, 'labels' | 'aliases'>,
  sources: readonly ModelSource[],
  options: ApplyOptions,
): void {
  // All versions of a model have the same configuration.
  const byName = new Map(sources.map((source) => [source.name, source]));
  for (const [name, { config, labelPlaces }] of byName) {
    labels.apply(name, { labels: config.labels ?? {}, places: labelPlaces ?? {} }, options);
  }
  aliases.apply(new Map([...byName].map(([name, { config }]) => [name, config.aliases ?? []])), options);
}
