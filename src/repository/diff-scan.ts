import type { ModelSource, RepositoryScan } from './types.js';

/** What to do so that what is served agrees with the disk. */
export interface RepositoryChanges {
  readonly added: readonly ModelSource[];
  /** Files or configuration changed under the same version number. */
  readonly changed: readonly { readonly from: ModelSource; readonly to: ModelSource }[];
  readonly removed: readonly ModelSource[];
  /** `current` for the next comparison: everything after these changes. */
  readonly sources: readonly ModelSource[];
}

/**
 * Compares what has been loaded from a repository with a new scan, by fingerprint. A version that cannot be judged
 * now, because its files are being written or it has become unreadable, counts as unchanged: it goes on serving.
 */
export function diffScan(current: readonly ModelSource[], scan: RepositoryScan): RepositoryChanges {
  const before = new Map(current.map((source) => [keyOf(source), source]));
  const after = new Set(scan.sources.map(keyOf));
  const unjudged = new Set(scan.unsettled.map(keyOf));
  const unreadable = new Set(scan.problems.map(keyOf));
  const added: ModelSource[] = [];
  const changed: { from: ModelSource; to: ModelSource }[] = [];
  for (const to of scan.sources) {
    const from = before.get(keyOf(to));
    if (from === undefined) added.push(to);
    else if (from.fingerprint !== to.fingerprint) changed.push({ from, to });
  }
  const gone = current.filter((source) => !after.has(keyOf(source)));
  const stays = (source: ModelSource): boolean =>
    unjudged.has(keyOf(source)) ||
    unreadable.has(keyOf(source)) ||
    unreadable.has(keyOf({ name: source.name, version: undefined }));
  return {
    added,
    changed,
    removed: gone.filter((source) => !stays(source)),
    sources: [...scan.sources, ...gone.filter(stays)],
  };
}

function keyOf({ name, version }: { readonly name: string; readonly version: number | undefined }): string {
  return `${name}/${version ?? ''}`;
}
