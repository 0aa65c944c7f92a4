import type { ModelSource, RepositoryScan } from '../../repository/index.js';

/** A repository whose last scan is not followed. */
export interface KeptRepository {
  readonly repository: string;
  /** Names of its models, which keep serving; none where it has not had any. */
  readonly models: readonly string[];
  /** Why, as a sentence. */
  readonly reason: string;
  /** `unlisted`: it cannot be told what it holds. `empty`: nothing is left of it, and that is followed in a while. */
  readonly kind: 'unlisted' | 'empty';
}

/** When, on the monotonic clock, repositories were first found without anything of what they serve; by repository. */
export type EmptySince = ReadonlyMap<string, number>;

export interface JudgedScan {
  /** With the sources of the repositories that are kept as they were. */
  readonly scan: RepositoryScan;
  readonly kept: readonly KeptRepository[];
  /** For the next scan. */
  readonly emptySince: EmptySince;
}

interface Situation {
  /** Serving versions. */
  readonly known: readonly ModelSource[];
  readonly emptySince: EmptySince;
  readonly nowMs: number;
  readonly emptyAfterMs: number;
}

/**
 * What of a scan is to be followed. A repository that cannot be listed is not empty: what it serves stays, before namesakes elsewhere. One in
 * which nothing is left of what it serves is followed once that has lasted for `emptyAfterMs`.
 */
export function judgeScan(found: RepositoryScan, situation: Situation): JudgedScan {
  const { known, nowMs, emptyAfterMs } = situation;
  const namesOf = (repository: string) => namesIn(known.filter((source) => source.repository === repository));
  const unlisted = found.unlisted.map(({ repository, reason }) => ({ repository, reason, kind: 'unlisted' as const }));
  const others = namesIn(known, 'repository').filter((name) => !unlisted.some(({ repository }) => repository === name));
  const emptySince = new Map(
    others
      .filter((repository) => isEmptied(repository, namesOf(repository), found))
      .map((repository) => [repository, situation.emptySince.get(repository) ?? nowMs]),
  );
  const empty = [...emptySince].flatMap(([repository, sinceMs]) =>
    nowMs - sinceMs < emptyAfterMs
      ? [{ repository, reason: `model repository ${repository} holds nothing to serve`, kind: 'empty' as const }]
      : [],
  );
  const kept = [...unlisted, ...empty].map((one) => ({ ...one, models: namesOf(one.repository) }));
  return { scan: withKept(found, known, kept), kept, emptySince };
}

/** Nothing is left of what a repository serves, here or under the same name elsewhere, and nothing has come in its place. */
function isEmptied(repository: string, names: readonly string[], { sources, problems, unsettled }: RepositoryScan) {
  const here = [...sources, ...problems].some((found) => found.repository === repository);
  return !here && ![...sources, ...problems, ...unsettled].some(({ name }) => names.includes(name));
}

function withKept(
  scan: RepositoryScan,
  known: readonly ModelSource[],
  kept: readonly KeptRepository[],
): RepositoryScan {
  const stays = (source: ModelSource) => kept.some(({ repository }) => repository === source.repository);
  const staying = known.filter(stays);
  if (staying.length === 0) return scan;
  const names = namesIn(staying);
  const isOther = ({ name }: { readonly name: string }) => !names.includes(name);
  return {
    ...scan,
    sources: [...scan.sources.filter(isOther), ...staying],
    problems: scan.problems.filter(isOther),
    unsettled: scan.unsettled.filter(isOther),
    names: [...new Set([...scan.names, ...names])],
  };
}

function namesIn(sources: readonly ModelSource[], key: 'name' | 'repository' = 'name'): readonly string[] {
  return [...new Set(sources.map((source) => source[key]))];
}
